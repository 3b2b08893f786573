"""The pages about the whole catalogue: attacks, publishers, sources, changes, figures, and the one for authors."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from catalogue.drift import Drift, Grade
from catalogue.site import urls
from catalogue.site.building.build import build
from catalogue.site.files.output import open_output
from catalogue.site.pages.author_page import LESSONS, authors_page
from catalogue.site.pages.change_page import PAGE
from catalogue.site.pages.ecosystem_page import ecosystem_page
from catalogue.site.pages.publishers import Derived, publishers_of
from catalogue.site.pages.survey import Survey
from catalogue.values import ListingRow, Standing, Statistic, TargetRow
from classifier.verdict import Category, Severity, more_severe
from crawler.records import Target, TargetKind, Transport
from tests.site.markup import Page
from tests.site.shelf import NOON, introspection, survey_of

SERVER = "io.github.acme/files"


@pytest.fixture
def site(shelf, publish, tmp_path):
    publish(shelf)
    return tmp_path / "site"


def twin(site, page):
    return json.loads((site / urls.twin(page)).read_bytes())


def linked(site, page):
    return {link["href"].rpartition("/")[2] for link in Page(site / page).all("a") if "/attack/" in link["href"]}


def test_a_tool_links_to_the_patterns_whose_signals_it_has(site):
    found = {one["name"] for one in twin(site, urls.tool(SERVER, "delete_file"))["attacks"]}
    assert found == {"Destructive autonomy", "False hints", "Path escape"}
    assert linked(site, urls.tool(SERVER, "delete_file")) == {
        "destructive-autonomy.html", "false-hints.html", "path-escape.html",
    }  # fmt: skip
    assert linked(site, urls.tool(SERVER, "frobnicate")) == set()


def test_a_signal_links_to_the_patterns_that_need_it(site):
    assert linked(site, urls.signal("untrusted-content")) == {
        "exfiltration-by-chaining.html",
        "indirect-injection.html",
    }
    assert linked(site, urls.signal("many-parameters")) == set()
    assert linked(site, urls.category("destructive")) == set()


def test_a_pattern_lists_the_tools_that_link_to_it(site):
    pages = sorted((site / "attack").glob("*.html"))
    assert len(pages) >= 15
    tools = [path.relative_to(site) for path in site.glob("server/*/tool/*.html")]
    for path in pages:
        page = twin(site, f"attack/{path.name}")
        linking = {str(tool) for tool in tools if path.name in linked(site, tool)}
        assert {entry["path"] for entry in page["entries"]} == linking
        assert page["tools"] == len(linking)


def test_a_pattern_shows_the_calls_that_were_run(site):
    text = Page(site / urls.attack("runaway-loops")).text
    assert "limited send_reminder" in text
    assert "call 31 within a minute" in text
    assert "The limit of 30 per minute is reached." in text
    nothing = Page(site / urls.attack("token-mis-redemption")).text
    assert "No policy stops it" in nothing
    assert "Calls that were run" not in nothing
    assert "What helps instead" in nothing


def server(shelf, **changes):
    return replace(next(row for row, _ in shelf.holdings(shelf.ruleset.digest) if row.name == SERVER), **changes)


def listed(source, source_id):
    return ListingRow(source, source_id, "1", "active", "https://registry.example", NOON)


def npm(address):
    return TargetRow(Target(TargetKind.NPM, Transport.STDIO, address), None)


@pytest.mark.parametrize(
    ("changes", "publishers"),
    [
        ({"listings": (listed("official", "io.github.Acme/files"),)}, [(Derived.NAMESPACE, "io.github.acme")]),
        ({"listings": (listed("docker", "io.github.acme/files"),)}, []),
        ({"listings": (listed("official", "files"), listed("official", "../x"), listed("official", "a/b/c"))}, []),
        ({"targets": (npm("@acme/files"), npm("files"), npm("@acme"))}, [(Derived.SCOPE, "@acme")]),
        ({"repository_url": "https://www.GitHub.com/Acme/files.git"}, [(Derived.OWNER, "github.com/acme")]),
        ({"repository_url": "https://github.com/acme"}, []),
        ({"repository_url": "https://example.org/acme/files"}, []),
        ({"repository_url": "https://github.com/<b>/files"}, []),
        ({"repository_url": "https://[github.com/acme/files"}, []),
    ],
)
def test_a_publisher_is_who_a_record_names(shelf, changes, publishers):
    bare = {"listings": (), "targets": (), "repository_url": None}
    assert list(publishers_of(server(shelf, **{**bare, **changes}))) == publishers


def test_publishers_of_different_records_have_pages_of_their_own(shelf, publish, tmp_path):
    shelf.add("io.github.zed/one", (), repository_url="https://github.com/zed/one", targets=())
    publish(shelf)
    site = tmp_path / "site"
    assert {entry["name"] for entry in twin(site, urls.publishers())["entries"]} >= {"@acme", "github.com/zed"}
    owner = twin(site, urls.publisher("owner", "github.com/zed"))
    assert [entry["name"] for entry in owner["entries"]] == ["io.github.zed/one"]
    assert [one["link"]["text"] for one in owner["others"]] == ["io.github.zed"]
    page = Page(site / urls.server("io.github.zed/one"))
    assert "Published by io.github.zed (namespace), github.com/zed (owner)" in " ".join(page.text.split())


def drift(tool, hours=0, kind="changed", before=Category.READ, after=Category.DESTRUCTIVE):
    return Drift(
        SERVER, tool, 0, NOON - timedelta(hours=hours), Standing.CONFIRMED, kind, Grade.EFFECT, (before, after),
        (Severity.LOW, Severity.CRITICAL), ("read became destructive, which is more severe", "takes \u202epath"),
    )  # fmt: skip


def test_the_change_log_is_paged_and_links_to_what_is_still_there(shelf, tmp_path):
    changes = [drift("delete_file"), drift("gone_tool", 30, "removed", after=None)]
    changes += [drift("search_files", 31 + number) for number in range(PAGE)]
    survey = replace(survey_of(shelf), changes=tuple(changes))
    with open_output(tmp_path / "site") as output:
        build(shelf, shelf.ruleset, output, None, lambda *_: None, lambda _: survey)
    first, second = (Page(tmp_path / "site" / urls.changes(number)) for number in (1, 2))
    links = {link["href"] for link in first.all("a")}
    assert "../" + urls.tool(SERVER, "delete_file") in links
    assert "gone_tool" in first.text
    assert "../" + urls.tool(SERVER, "gone_tool") not in links
    assert [time["datetime"] for time in first.all("time")][:2] == ["2026-11-20", "2026-11-19"]
    assert "\u202e" not in first.text + second.text
    assert not first.faults + second.faults
    assert twin(tmp_path / "site", urls.changes(2))["slice"]["first"] == PAGE + 1
    assert "delete_file" in Page(tmp_path / "site" / urls.HOME).text.partition("What changed")[2]


def test_figures_keep_their_queries_names_and_keys():
    rows = (("destructive", 1), ("read", 3))
    found = [Statistic("tools-by-category", "SELECT 1", rows), Statistic("tools-by-signal", "SELECT 2", (("code", 2),))]
    page = ecosystem_page(Survey(statistics=tuple(found)), "digest")
    categories, signals = page.figures
    assert (categories.id, categories.rows, categories.sql) == ("tools-by-category", rows, "SELECT 1")
    assert [(bar.label, bar.percent, bar.relative) for bar in categories.bars] == [
        ("Destructive", 25.0, 33.33), ("Read", 75.0, 100.0),
    ]  # fmt: skip
    assert [(bar.percent, bar.relative) for bar in signals.bars] == [(50.0, 100.0)]  # of the tools, not of the signals
    assert page.highlights[0] == ("25.0 %", "of the tools can execute, destroy or spend")
    assert ecosystem_page(Survey(), "digest").highlights == ()


def test_each_lesson_for_authors_is_true_of_the_rules(ruleset):
    for lesson, shown in zip(LESSONS, authors_page(ruleset).lessons, strict=True):
        before, after = shown.before, shown.after
        assert more_severe(after.category) <= more_severe(before.category), lesson.title
        assert not {link.text for link in after.signals} - {link.text for link in before.signals}, lesson.title
        assert (before.category, before.confidence, before.signals) != (
            after.category, after.confidence, after.signals,
        ), lesson.title  # fmt: skip


def test_a_source_page_says_terms_counts_and_readings(site):
    page = twin(site, urls.source("official"))
    assert (page["servers"], page["listed"]) == (1, 1)
    assert page["last_read"] == "2026-11-20 12:00 UTC"
    assert "official" in Page(site / urls.SOURCES).text


def test_a_server_whose_tools_close_a_flow_leads_to_its_attack(shelf, publish, tmp_path):
    mail = (
        {"name": "read_inbox", "description": "Returns the e-mail messages of the user's inbox."},
        {"name": "send_email", "description": "Sends an e-mail to the recipients."},
    )
    shelf.add("mail", mail, seen=introspection())
    publish(shelf)
    assert linked(tmp_path / "site", urls.server("mail")) == {"exfiltration-by-chaining.html"}
    assert linked(tmp_path / "site", urls.server(SERVER)) == set()
