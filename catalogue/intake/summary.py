"""What a crawl says it did. Knows neither how sources are read nor how targets are asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.records import Dropped
    from crawler.run import Discovery


@dataclass(frozen=True, slots=True)
class Failure:
    """A target that was asked and did not list its tools. `reason` is a `crawler.records.Reason`."""

    server: str
    target: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A target that a crawl would ask, and the server that it is of."""

    server: str
    target: str


@dataclass(frozen=True, slots=True)
class CrawlSummary:
    """What one crawl did.

    `dropped` holds the first records that became no listing. `outcomes` counts attempts by outcome; `tools` were listed
    by them. `failures` names the targets of servers none of whose targets listed its tools, by server. `postponed`
    counts the targets that were left alone because others of their origin failed, or because it asked for that.
    `enqueued` counts the jobs that were left to workers, by queue.
    """

    discoveries: tuple[Discovery, ...]
    dropped: tuple[Dropped, ...]
    outcomes: Mapping[str, int]
    tools: int
    failures: tuple[Failure, ...]
    postponed: int = 0
    enqueued: Mapping[str, int] = field(default_factory=dict)
