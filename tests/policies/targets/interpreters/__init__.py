"""What each export target itself does with its file: one module a target.

An interpreter reads the text that an export wrote and gives back a function from a tool's real name and the arguments
of a call to an `Answer`. It knows the target's documentation or runs the target's own package, and nothing of ours but
`Answer`: what it shares with the exporter, it could not catch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from catalogue.policies.targets.needs import Answer

Reading = Callable[[str, Mapping[str, Any]], Answer]
"""The real name of a tool and the arguments of a call to what the target does with it."""
Interpreter = Callable[[str, str], Reading]
"""The text of the file and the server's name in it to how the target reads it."""
