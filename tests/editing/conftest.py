from __future__ import annotations

from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)  # how long an example takes says nothing on a shared machine
settings.load_profile("no-deadline")
