"""From the read fields of one record to a listing, or to the reason why it is none. Knows no shape of record."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from crawler.records import CrawlerError, Dropped, DropReason, Listing, ListingStatus, Target, Validator, Wire
from crawler.spiders.fields import ENTRY_LIMIT, NAME_LIMIT, one_line, text, web_address

TOOL_LIMIT = 5_000  # declared tools of one record, as many as are taken from a server itself
RECORD_LIMIT = 1 << 20  # characters of a record's JSON; the largest real ones carry tool definitions, about 200 kB


class RecordError(CrawlerError):
    """A record that becomes no listing; the message says why."""

    def __init__(self, reason: DropReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when a record was read, and what was said of it there, if it was all that was read."""

    source: str
    fetched_from: str
    fetched_at: datetime
    validator: Validator | None = None

    def drop(self, source_id: object, reason: DropReason, detail: str) -> Dropped:
        """`source_id` may be anything that helps to find the record again."""
        return Dropped(self.source, one_line(str(source_id)), reason, one_line(detail))

    def listed(self, source_id: object, read: Callable[[], Listing]) -> Listing | Dropped:
        """What `read` makes of a record; a record that it cannot use is dropped under `source_id`."""
        try:
            return read()
        except RecordError as fault:
            return self.drop(source_id, fault.reason, str(fault))
        except RecursionError:  # whatever walks through a record does so by recursion
            return self.drop(source_id, DropReason.TOO_LARGE, "the record is nested too deeply")


def server_name(value: object) -> str:
    """A server's name, verbatim or not at all."""
    if not isinstance(value, str) or not value.strip():
        raise RecordError(DropReason.NO_NAME, "the record has no name")
    if len(value) > NAME_LIMIT:
        raise RecordError(DropReason.TOO_LARGE, f"the name has {len(value)} characters, at most {NAME_LIMIT} are taken")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in value):
        raise RecordError(DropReason.NO_NAME, "the name holds control characters")
    return value


def distinct(targets: Iterable[Target]) -> tuple[Target, ...]:
    """The targets without those that repeat an earlier one, as many as one record may have."""
    first: dict[tuple[object, ...], Target] = {}
    for target in targets:
        first.setdefault((target.kind, target.transport, target.address, target.version), target)
    return tuple(first.values())[:ENTRY_LIMIT]


def make_listing(
    origin: Origin,
    raw: Wire,
    targets: tuple[Target, ...],
    details: Mapping[str, Any],
    status: ListingStatus = ListingStatus.ACTIVE,
    tools: Iterable[object] = (),
) -> Listing:
    """`details` holds name, title, description, version, repository_url and website_url, each of any type or absent.

    What identifies the server within its source is its name, or `source_id` in `details`. Of the `tools` that it
    declares, those are kept that say what they do: a name alone is no definition. Raises `RecordError`.
    """
    name = server_name(details.get("name"))
    return Listing(
        source=origin.source,
        source_id=details.get("source_id", name),
        name=name,
        title=text(details.get("title"), NAME_LIMIT),
        description=text(details.get("description")) or "",
        version=text(details.get("version"), NAME_LIMIT),
        repository_url=web_address(details.get("repository_url")),
        website_url=web_address(details.get("website_url")),
        targets=targets,
        fetched_from=origin.fetched_from,
        fetched_at=origin.fetched_at,
        digest=_digest(raw),
        status=status,
        raw=raw,
        tools=tuple(tool for tool in islice(tools, TOOL_LIMIT) if isinstance(tool, dict) and _is_defined(tool)),
        validator=origin.validator,
    )


def _is_defined(tool: Wire) -> bool:
    name = tool.get("name")
    said = tool.get("description") or tool.get("inputSchema")
    return isinstance(name, str) and 0 < len(name) <= NAME_LIMIT and bool(said)


def _digest(raw: Wire) -> str:
    """SHA-256 of the record's JSON with sorted keys."""
    try:
        canonical = json.dumps(raw, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except ValueError as error:  # 1e999 is infinite once it is read
        raise RecordError(DropReason.TOO_LARGE, "the record holds a number that JSON cannot carry") from error
    if len(canonical) > RECORD_LIMIT:
        raise RecordError(
            DropReason.TOO_LARGE,
            f"the record has {len(canonical)} characters of JSON, at most {RECORD_LIMIT} are taken",
        )
    return hashlib.sha256(canonical.encode()).hexdigest()
