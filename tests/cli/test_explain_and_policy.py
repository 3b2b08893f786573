from __future__ import annotations

import gzip
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from catalogue.cli.static_files import FileServer
from catalogue.policies.parsing import parse
from catalogue.published import LARGEST
from tests.cli.program import HOSTILE, TOOLS, write_lines

DELETE = ("acme/files", "delete_file")


def test_an_explanation_has_the_verdict_the_rules_and_the_words(catalogue, filled):
    shown = catalogue("explain", *DELETE, "--database", filled)
    assert shown.code == 0
    assert "acme/files delete_file: Destructive, severity critical" in shown.out
    assert "rules that fired" in shown.out
    assert "«delete»" in shown.out
    told = json.loads(catalogue("explain", *DELETE, "--database", filled, "--format", "json").out)
    assert [one["verdict"]["category"] for one in told] == ["destructive"]
    assert all(rule["condition"]["held"] for rule in told[0]["fired"])
    assert not any(rule["condition"]["held"] for rule in told[0]["nearly"])


def test_an_explanation_has_the_actions_and_the_arguments_that_change_a_call(catalogue, tmp_path):
    parameters = {"action": {"enum": ["list", "purge"]}, "dry_run": {"type": "boolean"}}
    tool = {"name": "manage_notes", "inputSchema": {"properties": parameters}}
    shown = catalogue("explain", "--tools", write_lines(tmp_path / "tools.jsonl", [tool]), "manage_notes").out
    assert "action list: Read by reads-by-name /inputSchema/properties/action/enum/0: list" in shown
    assert "action purge: Destructive by deletes-by-name" in shown
    assert "dry_run shows what would happen, and does nothing" in shown
    assert "false: Destructive" in shown


def test_a_file_is_explained_without_a_database(catalogue, filled, tmp_path):
    file = write_lines(tmp_path / "tools.jsonl", TOOLS)
    from_file = catalogue("explain", "--tools", file, "delete_file")
    assert from_file.out == catalogue("explain", *DELETE, "--database", filled).out
    assert catalogue("explain", "--tools", file).out.count("ruleset ") == len(TOOLS)
    assert not (tmp_path / "catalogue.db").exists()


def test_an_unknown_name_gets_the_closest_ones(catalogue, filled, tmp_path):
    file = write_lines(tmp_path / "tools.jsonl", TOOLS)
    on = ("--database", filled)
    assert catalogue("explain", "acme/fils", "x", *on).failed_with("'acme/fils'", "acme/files")
    assert catalogue("explain", "acme/files", "delete_fil", *on).failed_with("'delete_fil'", "delete_file")
    assert catalogue("explain", "--tools", file, "delete_fil").failed_with("'delete_fil'", "delete_file")
    assert catalogue("policy", "acme/shpo", *on).failed_with("'acme/shpo'", "acme/shop")
    assert catalogue("policy", "acme/shop", "get_ordr", *on).failed_with("'get_ordr'", "get_order")
    assert catalogue("policy", "nothing like it\x1b[2J", *on).failed_with("nothing like it\\x1b[2J")


def test_hostile_names_come_out_inert_and_whole(catalogue, filled):
    for arguments in (
        ("policy", HOSTILE),
        ("explain", HOSTILE, TOOLS[-1]["name"]),
        ("explain", HOSTILE, TOOLS[-1]["name"], "--format", "json"),
        ("explain", HOSTILE, "nothing"),
        ("status", "--failed"),
    ):
        ended = catalogue(*arguments, "--database", filled)
        for raw in ("\x1b", "\x07", "\u202e"):
            assert raw not in ended.out + ended.err
    policy = json.loads(catalogue("policy", HOSTILE, "--database", filled).out)
    assert TOOLS[-1]["name"] in policy["tools"]


@pytest.mark.parametrize("tool", [[], ["delete_file"], ["list_files"]])
@pytest.mark.parametrize("posture", ["recommended", "strict", "permissive"])
def test_a_policy_is_one_that_its_own_grammar_takes(catalogue, filled, tool, posture):
    ended = catalogue("policy", "acme/files", *tool, "--posture", posture, "--database", filled)
    assert ended.code == 0
    policy = parse(json.loads(ended.out))
    assert policy.default == ("allow" if tool else "deny")
    assert {*policy.tools, *policy.hide} == set(tool or ["list_files", "delete_file", "create_file"])


def test_a_policy_needs_no_classify_before_it(catalogue, tmp_path):
    catalogue("import", write_lines(tmp_path / "tools.jsonl", TOOLS))
    assert "delete_file" in json.loads(catalogue("policy", "acme/files").out)["hide"]


def test_a_server_without_tools_says_so(catalogue, tmp_path):
    (tmp_path / "servers.json").write_text(json.dumps({"mcpServers": {"bare": {"url": "https://example.com/mcp"}}}))
    assert catalogue("crawl", "--source", "file=servers.json", "--only", "discover").code == 0
    assert catalogue("policy", "bare").failed_with("'bare'", "no tools")


@contextmanager
def served(server):
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("layout", ["html", "single-page-per-server"])
def test_a_published_site_gives_the_same_policies(catalogue, filled, tmp_path, layout):
    assert catalogue("publish", "--out", "site", "--format", layout, "--database", filled).code == 0
    with served(FileServer(tmp_path / "site", "127.0.0.1", 0)) as address:
        for names in (["acme/files"], ["acme/files", "delete_file"], [HOSTILE], [HOSTILE, TOOLS[-1]["name"]]):
            published = catalogue("policy", *names, "--site", address)
            assert published.code == 0, published.err
            assert published.out == catalogue("policy", *names, "--database", filled).out
        at = ("--site", f"{address}/")
        assert catalogue("policy", "acme/fils", *at).failed_with("'acme/fils'", "acme/files")
        assert catalogue("policy", "acme/files", "delete_fil", *at).failed_with("'delete_fil'", "delete_file")
        for options in (["--posture", "strict"], ["--set", "root=/srv/data"], ["--posture", "permissive", "--plain"]):
            for names in (["acme/files"], ["acme/files", "create_file"], [HOSTILE]):
                published = catalogue("policy", *names, *options, *at)
                assert published.code == 0, published.err
                assert published.out == catalogue("policy", *names, *options, "--database", filled).out
        strict = ("--posture", "strict", *at)
        assert catalogue("policy", "acme/fils", *strict).failed_with("'acme/fils'", "acme/files")
        assert catalogue("policy", "acme/files", "delete_fil", *strict).failed_with("'delete_fil'", "delete_file")
    assert catalogue("policy", "acme/files", "--site", address).failed_with("cannot fetch", address)


@pytest.mark.parametrize("address", ["ftp://example.com", "file:///etc/passwd", "example.com", "http://", "http://[::"])
def test_an_address_that_is_no_site_is_one_line(catalogue, address):
    assert catalogue("policy", "a", "--site", address).failed_with(address)


class Answers(BaseHTTPRequestHandler):
    """Answers every request with what the test put here."""

    status, body = 200, b""

    def do_GET(self):
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_arguments):
        pass


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, b"<html>", "not JSON"),
        (200, b'{"a": ' * 100_000, "nested too deeply"),
        (200, b'{"version": "9"}', "the policy has"),
        (200, b" " * (17 * 2**20), "too large"),
        (500, b"", "answers 500"),
        (404, b"\x1b[2J", "no server of"),
    ],
)
def test_a_site_that_answers_otherwise_is_one_line(catalogue, status, body, says):
    handler = type("Bound", (Answers,), {"status": status, "body": body})
    with served(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as address:
        assert catalogue("policy", "a", "--site", address).failed_with(says)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>", "not what we know how to read"),
        (gzip.compress(b'{"definition": {"name": 5}}', mtime=0), "not what we know how to read"),
        (gzip.compress(b"[1]", mtime=0), "not what we know how to read"),
        (gzip.compress(b'{"a": ' * 100_000, mtime=0), "not what we know how to read"),
        (gzip.compress(b'{"definition": {"name": "a"}}', mtime=0)[:-12], "not what we know how to read"),
        (gzip.compress(b" " * (LARGEST + 1), mtime=0), "more than"),
    ],
)
def test_open_data_of_a_site_that_is_none_is_one_line(catalogue, body, says):
    handler = type("Bound", (Answers,), {"status": 200, "body": body})
    with served(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as address:
        assert catalogue("policy", "a", "--site", address, "--posture", "strict").failed_with(says)
