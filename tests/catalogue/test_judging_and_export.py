from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from catalogue.classification import classify_file, classify_new
from catalogue.errors import CatalogueError
from catalogue.export import export
from catalogue.intake import import_file
from catalogue.values import Standing
from classifier.ruleset import load
from crawler.records import Attempt, Reason, SignIn, Target, TargetKind, Transport

TOOLS = [
    {"name": "get_issue", "description": "Get an issue.", "inputSchema": {"type": "object", "properties": {}}},
    {"name": "delete_issue", "description": "Permanently delete an issue.", "inputSchema": {"type": "object"}},
    {"name": "\u202enul\x00 \ud800", "description": "<script>", "inputSchema": {"type": "object"}},
]


def quiet(what, done, total):
    pass


@pytest.fixture(scope="module")
def ruleset():
    return load()


@pytest.fixture
def filled(store, listing, target, introspected, failed):
    one, two, three = (target(f"https://{name}.example/mcp") for name in ("one", "two", "three"))
    store.take(listing("two", two), listing("one", one, version="1.0"), listing("three", three))
    store.record(introspected(one, *TOOLS), introspected(two, *TOOLS[:2]), failed(three))
    return store


def lines(path):
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def test_a_definition_is_judged_once_however_many_servers_carry_it(filled, ruleset):
    assert classify_new(filled.engine, ruleset, quiet).judged == len(TOOLS)
    assert classify_new(filled.engine, ruleset, quiet).judged == 0
    tools = filled.tools(ruleset.digest)
    assert len(tools) == 5
    for tool in tools:
        assert tool.verdict == ruleset.judge(tool.definition)


def test_what_readers_of_json_differ_about_is_read_back(store, listing, target, introspected, ruleset):
    url = {"type": "string", "format": "uri", "description": "The URL to fetch.", "maximum": 2**70}
    odd = {"name": "fetch_url", "inputSchema": {"type": "object", "properties": {"url_\ud800": url}}}
    place = target("https://odd.example/mcp")
    store.take(listing("odd", place))
    store.record(introspected(place, odd))
    classify_new(store.engine, ruleset, quiet)
    (tool,) = store.tools(ruleset.digest)
    assert tool.definition == odd
    assert tool.verdict == ruleset.judge(odd)
    assert any("\ud800" in one.pointer for signal in tool.verdict.signals for one in signal.evidence)


def test_another_ruleset_judges_again_and_each_sees_its_own(filled, ruleset):
    classify_new(filled.engine, ruleset, quiet)
    other = replace(ruleset, digest="f" * 64)
    assert filled.tools(other.digest)[0].verdict is None
    assert classify_new(filled.engine, other, quiet).judged == len(TOOLS)
    assert filled.tools(other.digest)[0].verdict.ruleset == other.digest
    assert filled.tools(ruleset.digest)[0].verdict.ruleset == ruleset.digest


def test_what_the_catalogue_holds_is_counted(filled, ruleset, at):
    before = filled.status(at(2), ruleset.digest)
    assert (before.servers, before.withdrawn, before.definitions, before.unjudged) == (3, 0, 3, 3)
    assert before.targets == {"introspected": 2, "timed-out": 1}
    assert before.listings == {"official": 3}
    assert before.tools[Standing.CONFIRMED] == {"unjudged": 5}
    assert before.due == 1
    classify_new(filled.engine, ruleset, quiet)
    after = filled.status(at(2), ruleset.digest)
    assert after.unjudged == 0
    assert sum(after.tools[Standing.CONFIRMED].values()) == 5
    assert after.tools[Standing.DECLARED] == {}


def test_entries_of_a_file_are_judged_in_order(tmp_path, ruleset):
    path = tmp_path / "tools.jsonl"
    path.write_text(
        json.dumps({"server": "s"} | TOOLS[1]) + '\n{"name": ""}\nnonsense\n' + json.dumps(TOOLS[0]) + "\n", "utf-8"
    )
    first, unnamed, nonsense, last = classify_file(path, ruleset)
    verdict = ruleset.judge(TOOLS[1])
    assert list(first) == [
        "server", "name", "category", "severity", "confidence", "signals", "rationale", "evidence", "ruleset",
    ]  # fmt: skip
    assert (first["server"], first["name"], first["category"]) == ("s", "delete_issue", "destructive")
    assert (first["rationale"], first["ruleset"]) == (verdict.rationale, ruleset.digest)
    assert {"rule", "pointer", "quote"} == set(first["evidence"][0])
    assert (unnamed["line"], nonsense["line"]) == (2, 3)
    assert "name" in unnamed["error"]
    assert "not JSON" in nonsense["error"]
    assert (last["name"], last["server"]) == ("get_issue", None)


def test_an_export_says_of_each_server_how_it_went(filled, ruleset, tmp_path):
    classify_new(filled.engine, ruleset, quiet)
    summary = export(filled.engine, ruleset, tmp_path / "data", quiet)
    assert (summary.servers, summary.tools) == (3, 5)
    servers = lines(tmp_path / "data" / "servers.jsonl")
    assert [(server["name"], server["outcome"], server["confirmed_tools"]) for server in servers] == [
        ("one", "introspected", 3),
        ("three", "timed-out", 0),
        ("two", "introspected", 2),
    ]
    assert all(server["declared_tools"] == 0 and "tools" not in server for server in servers)
    assert servers[0]["protocol_version"] == "2025-11-25"
    assert servers[0]["sources"][0]["source"] == "official"
    assert servers[0]["targets"][0]["address"] == "https://one.example/mcp"
    assert [server["targets"][0]["listed_by"] is None for server in servers] == [False, True, False]


def test_an_export_says_how_a_package_was_brought_to_list_its_tools(store, listing, introspected, ruleset, tmp_path):
    package = Target(TargetKind.PYPI, Transport.STDIO, "acme-files")
    attempt = Attempt("dummy-values", "KEY=0 /app/venv/bin/acme-files", "1.2", ("acme-files==1.2", "mcp==1.9"))
    store.take(listing("files", package))
    store.record(replace(introspected(package, "read"), attempt=attempt))
    export(store.engine, ruleset, tmp_path / "data", quiet)
    (server,) = lines(tmp_path / "data" / "servers.jsonl")
    assert server["targets"][0]["listed_by"] == {
        "attempt": "dummy-values",
        "command": "KEY=0 /app/venv/bin/acme-files",
        "resolved": "1.2",
        "installed": ["acme-files==1.2", "mcp==1.9"],
    }


def test_an_export_says_what_a_server_wants_of_who_signs_in_and_whom_a_listing_holds_for(
    store, listing, target, introspected, failed, ruleset, tmp_path
):
    wall, mine = target("https://wall.example/mcp"), target("https://mine.example/mcp")
    said = SignIn("Bearer", "", ("https://issuer.example", "<script>\u202e\ud800"), ("read",))
    store.take(listing("wall", wall), listing("mine", mine))
    store.record(replace(failed(wall, Reason.SIGN_IN), sign_in=said), replace(introspected(mine), private=True))
    export(store.engine, ruleset, tmp_path / "data", quiet)
    mine, wall = (server["targets"][0] for server in lines(tmp_path / "data" / "servers.jsonl"))
    assert (mine["private"], mine["sign_in"]) == (True, None)
    assert (wall["private"], wall["outcome"]) == (False, "sign-in-required")
    assert wall["sign_in"] == {
        "scheme": "Bearer",
        "metadata_url": "",
        "authorization_servers": ["https://issuer.example", "<script>\u202e\ud800"],
        "scopes": ["read"],
    }


def test_an_export_has_each_tools_definition_verdict_rule_and_provenance(filled, ruleset, tmp_path):
    classify_new(filled.engine, ruleset, quiet)
    export(filled.engine, ruleset, tmp_path / "data", quiet)
    tools = lines(tmp_path / "data" / "tools.jsonl")
    assert [(tool["server"], tool["name"]) for tool in tools[:2]] == [("one", "delete_issue"), ("one", "get_issue")]
    deletes, gets = tools[:2]
    assert deletes["definition"] == TOOLS[1]
    assert deletes["verdict"]["category"] == "destructive"
    assert (deletes["recommended"]["hide"], deletes["recommended"]["rule"]) == (True, None)
    assert (gets["recommended"]["hide"], gets["recommended"]["rule"]) == (False, {})
    assert deletes["provenance"]["standing"] == "confirmed"
    assert deletes["provenance"]["target"] == "https://one.example/mcp"
    assert deletes["first_seen"] == "2026-01-01T13:00:00Z"


def test_an_export_is_the_same_bytes_every_time_and_says_which(filled, ruleset, tmp_path):
    classify_new(filled.engine, ruleset, quiet)
    for name in ("a", "b", "b"):
        export(filled.engine, ruleset, tmp_path / name, quiet)
    content = [{file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("a", "b")]
    assert content[0] == content[1]
    assert set(content[0]) == {"export.json", "servers.jsonl", "tools.jsonl"}
    for described in json.loads(content[0]["export.json"])["files"]:
        assert hashlib.sha256(content[0][described["name"]]).hexdigest() == described["sha256"]


def test_an_export_can_be_imported_without_loss(filled, ruleset, tmp_path):
    from catalogue.database import open_database, reading
    from catalogue.repository import Repository

    export(filled.engine, ruleset, tmp_path / "data", quiet)
    engine = open_database(f"sqlite:///{tmp_path}/again.db")
    summary = import_file(engine, tmp_path / "data" / "tools.jsonl", quiet)
    assert (summary.tools, summary.servers, summary.bad_lines) == (5, 2, ())
    with reading(engine) as session:
        again = [(tool.server, tool.name, tool.digest, tool.definition) for tool in Repository(session).tools("")]
    engine.dispose()
    assert again == [(tool.server, tool.name, tool.digest, tool.definition) for tool in filled.tools()]


@pytest.mark.parametrize("prepare", ["file", "foreign", "foreign with our names"])
def test_an_output_folder_that_is_not_ours_is_refused_and_untouched(filled, ruleset, tmp_path, prepare):
    out = tmp_path / "out"
    if prepare == "file":
        out.write_text("mine")
    else:
        out.mkdir()
        (out / ("thesis.txt" if prepare == "foreign" else "tools.jsonl")).write_text("mine")
    with pytest.raises(CatalogueError, match=r"is a file|not of an export of ours"):
        export(filled.engine, ruleset, out, quiet)
    kept = out if out.is_file() else next(out.iterdir())
    assert kept.read_text() == "mine"


def test_files_beside_an_earlier_export_are_left_alone(filled, ruleset, tmp_path):
    out = tmp_path / "data"
    export(filled.engine, ruleset, out, quiet)
    (out / "notes.txt").write_text("mine")
    export(filled.engine, ruleset, out, quiet)
    assert (out / "notes.txt").read_text() == "mine"


def test_an_export_that_fails_leaves_the_one_before(filled, ruleset, tmp_path):
    out = tmp_path / "data"
    export(filled.engine, ruleset, out, quiet)
    before = (out / "tools.jsonl").read_bytes()

    def full(what, done, total):
        if what == "exporting tools":
            raise OSError(28, "No space left on device")

    with pytest.raises(CatalogueError, match="No space left on device"):
        export(filled.engine, ruleset, out, full)
    assert (out / "tools.jsonl").read_bytes() == before
    assert not [path for path in out.iterdir() if path.name.endswith(".partial")]
    export(filled.engine, ruleset, out, quiet)
