"""`catalogue audit` as its users run it: on a database, on a published site, on servers that it asks."""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from urllib.request import urlopen

import pytest

from catalogue.cli import published
from catalogue.cli.static_files import FileServer
from tests.cli.program import HOSTILE, run_program
from tests.ecosystem import running

MAIL = [
    {"name": "read_inbox", "description": "Read the e-mails of your inbox, sent by anyone.",
     "inputSchema": {"type": "object", "properties": {"folder": {"type": "string"}}}},
    {"name": "delete_mail", "description": "Permanently delete an e-mail.", "annotations": {"destructiveHint": False},
     "inputSchema": {"type": "object", "properties": {"id": {"type": "string"}}}},
]  # fmt: skip
FETCH = [
    {"name": "fetch_url", "description": "Fetch a web page from a URL on the internet and return its text.",
     "inputSchema": {"type": "object", "properties": {"url": {"type": "string", "format": "uri"}}}},
]  # fmt: skip
EVIL = [{"name": "get\x1b]0;owned\x07", "description": "Say \u202egnp.exe", "inputSchema": {"type": "object"}}]


def record(name: str, package: str, tools: list) -> dict:
    declared = {"test": {"package": {"tool_definitions": tools}}}
    return {
        "name": name,
        "version": "1.0.0",
        "packages": [{"registryType": "npm", "identifier": package, "version": "1.0.0"}],
        "_meta": {"io.modelcontextprotocol.registry/publisher-provided": declared},
    }


@pytest.fixture(scope="module")
def stocked(tmp_path_factory) -> str:
    """The URL of a database with servers by their packages, judged; nobody writes to it."""
    folder = tmp_path_factory.mktemp("stocked")
    url = f"sqlite:///{folder}/catalogue.db"
    records = [
        record("acme/mail", "acme-mail", MAIL),
        record("acme/fetch", "acme-fetch", FETCH),
        record("acme/evil", "evil", EVIL),
    ]
    (folder / "records.json").write_text(json.dumps(records))
    for arguments in (["crawl", "--source", f"file={folder}/records.json", "--only", "discover"], ["classify"]):
        assert run_program(*arguments, "--database", url).code == 0
    return url


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """A repository with a configuration, and a home without any."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    folder = tmp_path / "repository"
    (folder / ".cursor").mkdir(parents=True)
    configure(folder, mail="acme-mail@1.0.0", fetch="acme-fetch@1.0.0")
    return folder


def configure(folder: Path, **packages: str) -> None:
    entries = {name: {"command": "npx", "args": ["-y", package]} for name, package in packages.items()}
    (folder / ".cursor" / "mcp.json").write_text(json.dumps({"mcpServers": entries}, indent=1))


@contextmanager
def served(folder: Path):
    server = FileServer(folder, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_database_tells_who_the_servers_are_and_what_they_can_do(catalogue, repository, stocked):
    ended = catalogue("audit", repository, "--database", stocked)
    assert ended.code == 0, ended.err
    for words in (
        "Cursor",
        ".cursor/mcp.json",
        "exact: acme/mail",
        "1 Destructive",
        "mail: delete_mail",
        "claims less",
    ):
        assert words in ended.out
    assert str(repository) not in ended.out + ended.err
    report = json.loads(catalogue("audit", repository, "--database", stocked, "--format", "json").out)
    assert [server["identity"]["server"] for server in report["servers"]] == ["acme/mail", "acme/fetch"]
    (flow,) = report["flows"]
    assert flow["state"] == "closed"
    assert "fetch: fetch_url" in " ".join(flow["says"])


@pytest.mark.parametrize("layout", ["html", "single-page-per-server"])
def test_a_site_tells_the_same_as_its_database_and_hears_of_no_server_that_it_does_not_have(
    catalogue, repository, stocked, tmp_path, layout
):
    assert catalogue("publish", "--out", tmp_path / "site", "--format", layout, "--database", stocked).code == 0
    configure(repository, mail="acme-mail@1.0.0", fetch="acme-fetch@1.0.0", own="company-internal@1.0.0")
    as_json = ("audit", repository, "--format", "json")
    here = json.loads(catalogue(*as_json, "--database", stocked).out)
    asked: list[str] = []
    with served(tmp_path / "site") as address, pytest.MonkeyPatch.context() as patch:
        fetch = published._fetch
        patch.setattr(published, "_fetch", lambda url: asked.append(url) or fetch(url))
        ended = catalogue(*as_json, "--site", address)
    assert ended.code == 0, ended.err
    there = json.loads(ended.out)
    assert all(tool["digest"] for server in there["servers"] for tool in server["tools"])
    assert there["servers"] == here["servers"]
    assert not [url for url in asked if "company" in url or "internal" in url]


def test_an_address_that_is_no_catalogue_is_one_line(catalogue, repository, tmp_path):
    (tmp_path / "empty").mkdir()
    with served(tmp_path / "empty") as address:
        assert catalogue("audit", repository, "--site", address).failed_with("has no catalogue", "published catalogue")
    assert catalogue("audit", repository, "--site", "ftp://x").failed_with("is not the address of a site")


@pytest.mark.parametrize(
    ("words", "code"), [(["critical"], 5), (["financial"], 0), (["flow"], 5), (["hint", "change"], 2), (["unpined"], 2)]
)
def test_what_is_not_allowed_ends_with_its_own_code(catalogue, repository, stocked, words, code):
    options = [part for word in words for part in ("--fail-on", word)]
    ended = catalogue("audit", repository, "--database", stocked, *options)
    assert ended.code == code, ended.err
    if code == 2:
        assert "--fail-on" in ended.err


def test_a_baseline_is_counted_aloud_and_what_expired_is_said(catalogue, repository, stocked):
    entry = '[[accepted]]\nserver = "{}"\nremark = "destructive"\nreason = "Known."\nexpires = {}\n'
    (repository / "baseline.toml").write_text(entry.format("mail", "9999-01-01") + entry.format("fetch", "2020-01-01"))
    options = ("--database", stocked, "--fail-on", "destructive", "--baseline", repository / "baseline.toml")
    ended = catalogue("audit", repository, *options)
    assert ended.code == 0
    assert "1 more are accepted by the baseline" in ended.out
    assert "note: entry 2 of the baseline (fetch: destructive) expired on 2020-01-01" in ended.err


@pytest.mark.parametrize(
    ("option", "content", "says"),
    [
        ("--baseline", b"x", "is not TOML"),
        ("--baseline", b"\xff", "is not TOML: it is not UTF-8"),
        ("--baseline", b"other = 1", "something beside [[accepted]]"),
        ("--baseline", b"[[accepted]]\nremark = 'nope'\nreason = 'x'\nexpires = 2030-01-01", "'nope' is no remark"),
        ("--baseline", b"[[accepted]]\nremark = 'flow'\nreason = ''\nexpires = 2030-01-01", "has no reason"),
        ("--baseline", b"[[accepted]]\nremark = 'flow'\nreason = 'x'\nexpires = '2030'", "without quotation marks"),
        ("--since", b"{", "is not a report"),
        ("--since", b'{"version": 9}', "is a report of version 9, expected 1"),
        ("--since", b'{"version": 1, "servers": [5]}', "is not a report"),
        ("--since", b"[" * 100_000, "is not a report"),
    ],
)
def test_a_file_beside_the_configurations_that_is_not_what_it_says_is_one_line(
    catalogue, repository, tmp_path, option, content, says
):
    (tmp_path / "file").write_bytes(content)
    assert catalogue("audit", repository, option, tmp_path / "file").failed_with("file", says)
    assert catalogue("audit", repository, option, tmp_path).failed_with("cannot be read: Is a directory")


def test_an_earlier_report_is_compared_with(catalogue, repository, stocked, tmp_path):
    at = ("--database", stocked)
    saved = tmp_path / "before.json"
    assert catalogue("audit", repository, *at, "--format", "json", "--output", saved).out == ""
    same = ("audit", repository, *at, "--since", saved, "--fail-on", "change")
    assert catalogue(*same).code == 0
    configure(repository, mail="acme-mail@2.0.0", fetch="acme-fetch@1.0.0", evil="evil@1.0.0")
    ended = catalogue(*same, "--format", "github")
    assert ended.code == 5
    assert "mail starts or reaches something else: npm:acme-mail@2.0.0" in ended.out
    assert "evil is new since then" in ended.out
    assert catalogue("audit", repository, *at, "--since", tmp_path / "none.json").failed_with(
        "none.json", "cannot be read"
    )


def test_what_cannot_be_read_is_said_and_the_rest_is_audited(catalogue, repository, stocked):
    (repository / ".mcp.json").write_text("{")
    ended = catalogue("audit", repository, "--database", stocked)
    assert ended.code == 4
    assert "Claude Code: .mcp.json is not JSON: the fault is in line 1" in ended.out
    assert "acme/mail" in ended.out


def test_where_there_is_nothing_to_audit(catalogue, repository, tmp_path, stocked):
    (tmp_path / "bare").mkdir()
    assert catalogue("audit", tmp_path / "bare", "--database", stocked).code == 3
    assert catalogue("audit", tmp_path / "nowhere").failed_with("nowhere", "is not there")


def test_without_a_catalogue_nothing_is_made_or_asked(catalogue, repository, tmp_path):
    ended = catalogue("audit", repository)
    assert ended.code == 0
    assert "note: there is no catalogue here" in ended.err
    assert "no catalogue was asked" in ended.out
    assert not (tmp_path / "catalogue.db").exists()


def test_this_machine_is_audited_when_no_path_is_given(catalogue, repository, tmp_path):
    home = Path(os.environ["HOME"])
    (home / ".kiro" / "settings").mkdir(parents=True)
    (home / ".kiro" / "settings" / "mcp.json").write_text('{"mcpServers": {"own": {"url": "https://own.example/mcp"}}}')
    ended = catalogue("audit")
    assert "~/.kiro/settings/mcp.json" in ended.out
    assert str(tmp_path) not in ended.out


@pytest.mark.parametrize("form", ["table", "json", "sarif", "github", "markdown"])
def test_strangers_names_reach_no_terminal_raw(catalogue, repository, stocked, form):
    configure(repository, **{HOSTILE: "evil@1.0.0"})
    ended = catalogue("audit", repository, "--database", stocked, "--format", form, "--fail-on", "low")
    assert ended.code == 5
    assert not {"\x1b", "\x07", "\u202e"} & set(ended.out + ended.err)
    assert "evil" in ended.out


def test_servers_are_asked_only_after_it_was_said_whom_and_agreed_to(catalogue, repository, monkeypatch):
    with running(servers=3, mix={}) as ecosystem:
        with urlopen(f"{ecosystem.address}/v0.1/servers?limit=3") as answer:
            listed = [one["server"] for one in json.load(answer)["servers"]]
        url = next(server["remotes"][0]["url"] for server in listed if server.get("remotes"))
        (repository / ".cursor" / "mcp.json").write_text(json.dumps({"mcpServers": {"own": {"url": url}}}))
        command = ("audit", repository, "--introspect", "--allow-private", "--format", "json")
        host = url.split("/")[2]
        monkeypatch.setattr("sys.stdin", StringIO())  # nobody is there to answer
        ended = catalogue(*command)
        assert ended.code == 1
        assert f"will ask http://{host}" in ended.err
        assert "nobody said whether" in ended.err
        assert not ecosystem.asked()["listed"]
        ended = catalogue(*command, "--yes")
        assert f"will ask http://{host}" in ended.err
    (server,) = json.loads(ended.out)["servers"]
    assert (ended.code, server["told_by"], server["note"]) == (0, "introspection", "")
    assert server["tools"]
    assert all(tool["digest"] for tool in server["tools"])


def test_a_server_that_does_not_list_its_tools_is_told_with_the_reason(catalogue, repository):
    (repository / ".cursor" / "mcp.json").write_text('{"mcpServers": {"own": {"url": "http://127.0.0.1:1/mcp"}}}')
    ended = catalogue("audit", repository, "--introspect", "--yes")
    assert ended.code == 4
    assert "it did not list its tools: address-refused" in ended.out
