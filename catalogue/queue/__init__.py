"""Spreads a crawl over many machines: Procrastinate's queue on the catalogue's own PostgreSQL, and nothing else.

What is due stays in the catalogue's tables; the queue says who asks it, and can be emptied without loss.
"""

from __future__ import annotations

from enum import StrEnum


class Queue(StrEnum):
    """The queues, which machines of different kinds may serve.

    Packages need a sandbox, images an engine that runs containers, and judging a processor.
    """

    REMOTE = "remote"
    PACKAGE = "package"
    IMAGE = "image"
    CLASSIFY = "classify"


ASKING = (Queue.REMOTE, Queue.PACKAGE, Queue.IMAGE)
"""The queues whose jobs ask targets."""
