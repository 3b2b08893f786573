"""`catalogue status`: what the catalogue holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalogue.cli.options import DEFAULT_DATABASE, AsFormat, Database, Format
from catalogue.cli.summary import to_json
from catalogue.cli.terminal import json_text, say, show_table, write

if TYPE_CHECKING:
    from catalogue.values import ServerRow, Status
    from crawler.records import SignIn


def status(
    database: Database = DEFAULT_DATABASE,
    failed: Annotated[bool, typer.Option("--failed", help="List every target that was not introspected, too.")] = False,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """Say what the catalogue holds."""
    from catalogue.database import open_database, reading
    from catalogue.queue.place import count_jobs
    from catalogue.repository import Repository
    from classifier import ruleset

    engine = open_database(database, make=False)
    jobs = count_jobs(engine)
    with reading(engine) as session:
        repository = Repository(session)
        found = repository.status(ruleset.load().digest, datetime.now(UTC))
        failures = list(_failures(repository.servers())) if failed else []
    if as_format is Format.JSON:
        write(
            [json_text(to_json(found) | {"queue": to_json(jobs)} | ({"failed": to_json(failures)} if failed else {}))]
        )
    else:
        _show(found)
        _show_jobs(jobs)
        if failures:
            _show_failures(failures)


def _failures(servers: Iterator[ServerRow]) -> Iterator[dict[str, Any]]:
    for server in servers:
        for row in server.targets:
            if row.latest is not None and row.latest.outcome != "introspected":
                about = {"server": server.name, "target": str(row.target)}
                yield about | {
                    "outcome": row.latest.outcome,
                    "detail": row.latest.detail,
                    "sign_in": row.latest.sign_in,
                }


def _show_failures(failures: Sequence[Mapping[str, Any]]) -> None:
    heads = ("server", "target", "outcome", "detail")
    rows = [(*(failure[head] for head in heads), _sign_in_words(failure["sign_in"])) for failure in failures]
    show_table((*heads, "sign-in"), rows, "Not introspected")


def _sign_in_words(sign_in: SignIn | None) -> str:
    if sign_in is None:
        return ""
    parts = (sign_in.scheme, *sign_in.authorization_servers, *(f"scope {scope}" for scope in sign_in.scopes))
    return ", ".join(filter(None, parts))


def _show(found: Status) -> None:
    from classifier.verdict import Category

    show_table(
        ("catalogue", "count"),
        [
            ("servers", found.servers),
            ("servers withdrawn", found.withdrawn),
            *((f"listings of {source}", count) for source, count in found.listings.items()),
            *((f"candidates of {source}", count) for source, count in found.candidates.items()),
            ("definitions", found.definitions),
            ("definitions not judged", found.unjudged),
            ("lists of tools that may hold for us alone", found.private),
        ],
    )
    turns = {"now": found.due, **found.due_later, "when a better one fails": found.in_reserve}
    standings = list(found.tools)
    categories = [*reversed([category.value for category in Category]), "unjudged"]
    tools = [(category, *(found.tools[standing].get(category, 0) for standing in standings)) for category in categories]
    _show_filled(("targets by outcome", "count"), _descending(found.targets))
    _show_filled(("targets due", "count"), [(when, count) for when, count in turns.items() if count])
    _show_filled(("tools by category", *standings), [row for row in tools if any(row[1:])])
    _show_filled(
        ("source", "address", "ended early because"),
        [(run.source, run.address, run.error) for run in found.passes if run.error],
    )
    if not found.servers and not found.withdrawn:
        say("the catalogue is empty: `catalogue crawl` fills it")


def _show_filled(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        show_table(headings, rows)


def _show_jobs(jobs: Mapping[str, Mapping[str, int]]) -> None:
    states = dict.fromkeys(("todo", "doing", *(state for counts in jobs.values() for state in counts)))
    if jobs:
        rows = [(queue, *(counts.get(state, 0) for state in states)) for queue, counts in jobs.items()]
        show_table(("jobs by queue", *states), rows)


def _descending(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
