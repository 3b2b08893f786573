"""A catalogue of hostile remotes: each module one kind of attack, `ATTACKS` all of them by name.

`internet` gives each an address of its own, `suite` asks them all in one crawl, beside healthy neighbours.
"""

from __future__ import annotations

from tests.crawler.attacks import answers, delays, floods, listings, messages, places, walls
from tests.crawler.attacks.attack import ATTACKS

__all__ = ["ATTACKS", "answers", "delays", "floods", "listings", "messages", "places", "walls"]
