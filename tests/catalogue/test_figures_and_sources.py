from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from catalogue.classification import classify_new
from catalogue.database import reading
from catalogue.history import latest_drifts
from catalogue.repository import read_sources, read_statistics
from catalogue.repository.statistics import QUERIES
from catalogue.site import urls
from catalogue.site.building.build import publish
from catalogue.spans import OF_A_DEFINITION, OF_A_SERVER
from classifier.ruleset import load
from crawler.records import ListingStatus, Reason, TargetKind

RULES = load()
TOOLS = (
    {"name": "delete_note", "description": "Permanently deletes a note.", "annotations": {"readOnlyHint": True}},
    {"name": "list_notes", "description": "Lists the notes.", "annotations": {"readOnlyHint": True, "title": "Notes"}},
    {"name": "fetch_url", "description": "Fetches a URL.", "annotations": {"readOnlyHint": "yes"},
     "inputSchema": {"properties": {"url": {"type": "string", "description": "The URL to fetch"}}}},
    {"name": "say", "description": 'Says {"id":"annotation-conflict"} and "readOnlyHint":true.' + "x" * 4000},
)  # fmt: skip


@pytest.fixture
def filled(store, listing, target, introspected, failed):
    """One server with tools, one behind a sign-in, one that nobody has asked, one withdrawn."""
    walled, package = target("https://walled.example/mcp"), target("notes", TargetKind.PYPI)
    store.take(
        listing("notes", target()),
        listing("walled", walled, source="docker"),
        listing("packed", package, source="docker"),
        listing("gone", target("https://gone.example/mcp"), hours=1),
    )
    store.record(introspected(target(), *TOOLS), failed(walled, Reason.SIGN_IN))
    store.record(introspected(target("https://gone.example/mcp"), "remove_all"))
    store.take(listing("gone", target("https://gone.example/mcp"), hours=2, status=ListingStatus.DELETED))
    classify_new(store.engine, RULES, lambda *_: None)
    return store


def figures(store):
    with reading(store.engine) as session:
        return {one.name: dict(one.rows) for one in read_statistics(session, RULES.digest)}


def test_every_figure_counts_what_is_there_now(filled):
    found = figures(filled)
    assert found.keys() == QUERIES.keys()
    assert found["servers-by-state"] == {"listed": 3, "withdrawn": 1}
    assert found["tools-by-standing"] == {"confirmed": 4}
    assert sum(found["tools-by-category"].values()) == sum(found["tools-by-severity"].values()) == 4
    assert found["tools-by-category"]["destructive"] == 1
    assert found["tools-by-signal"]["annotation-conflict"] == found["tools-by-signal"]["network"] == 1
    assert found["tools-by-hints"] == {"contradicted": 1, "missing": 2, "stated": 1}
    assert found["definitions-by-tokens"] == {"1: under 100": 3, "5: 1,000 to 1,999": 1}
    assert found["servers-by-tokens"] == {"2: 1,000 to 4,999": 1}
    assert found["targets-by-kind"] == {"pypi": 1, "remote": 2}
    assert found["targets-by-outcome"] == {"introspected": 1, "never-tried": 1, "sign-in-required": 1}
    assert found["targets-by-protocol-revision"] == {"2025-11-25": 1}
    assert found["changes-by-month"] == {}


def test_the_published_query_gives_the_published_rows(filled):
    with reading(filled.engine) as session:
        for one in read_statistics(session, RULES.digest):
            again = session.execute(text(one.sql.replace(":ruleset", f"'{RULES.digest}'"))).all()
            assert tuple(tuple(row) for row in again) == one.rows, one.name


def test_the_site_shows_what_its_queries_give(filled, tmp_path):
    """Of tools the build counts by itself, as the queries would read the database from end to end."""
    publish(filled.engine, RULES, tmp_path / "site", base_url=None, report=lambda *_: None)
    twin = json.loads((tmp_path / "site" / urls.twin(urls.ECOSYSTEM)).read_bytes())
    assert {one["id"]: dict(one["rows"]) for one in twin["figures"]} == figures(filled)


@pytest.mark.parametrize("spans", [OF_A_DEFINITION, OF_A_SERVER])
def test_a_number_is_in_the_same_range_in_python_and_in_sql(store, spans):
    numbers = [number + step for number in (1, *spans.limits) for step in (-1, 0, 1)]
    query = " UNION ALL ".join(f"SELECT {spans.sql(str(number))}" for number in numbers)
    with reading(store.engine) as session:
        assert list(session.scalars(text(query))) == [spans.of(number) for number in numbers]


def test_sources_are_counted_by_what_stands(filled):
    with reading(filled.engine) as session:
        rows = {row.name: row for row in read_sources(session)}
    assert rows.keys() == {"docker", "official"}
    assert (rows["official"].listed, rows["official"].withdrawn, rows["official"].servers) == (1, 1, 1)
    assert (rows["docker"].listed, rows["docker"].withdrawn, rows["docker"].candidates) == (2, 0, 0)
    assert rows["official"].first_seen < rows["official"].last_read


def test_the_latest_changes_come_first_and_are_bounded(filled, target, introspected, at):
    for hours in range(2, 8):
        filled.record(introspected(target(), *TOOLS, f"tool_{hours}", hours=hours))
    with reading(filled.engine) as session:
        all_of_them = latest_drifts(session, RULES, 100)
        few = latest_drifts(session, RULES, 4)
    assert [one.at for one in all_of_them] == sorted((one.at for one in all_of_them), reverse=True)
    assert len(all_of_them) == 12  # six tools came, five of them went again, and a server was withdrawn
    assert [one.server for one in all_of_them if one.tool is None] == ["gone"]
    assert all_of_them[0].at == at(7)
    assert 2 <= len(few) <= 4
    assert few == all_of_them[: len(few)]
    assert figures(filled)["changes-by-month"] == {"2026-01": 6}
