from __future__ import annotations

import json
import socket
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.cli.program import run_program
from tests.crawler.peers import remotes

PAGES = {
    "html": (200, b"<html>maintenance</html>"),
    "another shape": (200, b'{"servers": "none"}'),
    "refused": (403, b"{}"),
}


@pytest.fixture
def registry(request):
    """A registry on loopback that answers every request alike."""
    status, body = PAGES[request.param]

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def crawl(catalogue):
    """Read sources and ask no server."""
    return lambda *arguments: catalogue("crawl", *arguments, "--only", "discover")


def errors(ended) -> list[str]:
    assert "Traceback" not in ended.err
    return [line for line in ended.err.splitlines() if line.startswith("error: ")]


def test_an_unknown_source_names_the_known_ones(catalogue):
    assert catalogue("crawl", "--source", "offical").failed_with("offical", "official", "file")


@pytest.fixture
def would_read(crawl):
    """The names of the sources that a crawl would read."""

    def names(*arguments):
        ended = crawl("--dry-run", *arguments, "--format", "json")
        return [line.partition(":")[0] for line in json.loads(ended.out)["sources"]]

    return names


def test_all_sources_are_those_that_lack_nothing_and_any_can_be_left_out(catalogue, would_read, monkeypatch):
    for variable in ("GITHUB_TOKEN", "GLAMA_API_KEY", "PULSEMCP_API_KEY", "SMITHERY_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    ready = ["awesome", "docker", "npm", "official", "pypi", "toolhive"]
    assert would_read("--source", "all") == ready
    monkeypatch.setenv("GLAMA_API_KEY", "a-key")
    chosen = ("--source", "all", "--source", "official", "--source", "registry=https://r.example", "--without", "npm")
    expected = ["awesome", "docker", "glama", "official", "pypi", "toolhive", "registry"]
    assert would_read(*chosen) == expected
    misspelt = catalogue("crawl", "--source", "all", "--without", "dokcer")
    assert misspelt.code == 2
    assert "dokcer is no source" in misspelt.err


def test_the_sources_are_listed_with_their_licence_and_what_they_lack(catalogue, tmp_path, monkeypatch):
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    ended = catalogue("crawl", "--sources", "--format", "json")
    listed = {source["name"]: source for source in json.loads(ended.out)}
    assert (listed["docker"]["licence"], listed["docker"]["lacks"]) == ("MIT", "")
    assert listed["github"]["lacks"] == "GITHUB_TOKEN in the environment"
    assert "CC0; 180 requests a minute" in catalogue("crawl", "--sources").out
    assert not list(tmp_path.iterdir())


def test_a_source_without_its_key_names_the_variable(crawl, monkeypatch):
    monkeypatch.delenv("GLAMA_API_KEY", raising=False)
    ended = crawl("--source", "glama")
    assert ended.code == 1
    assert errors(ended) == ["error: source glama is off without its key: set GLAMA_API_KEY in the environment"]


def test_a_sandbox_that_does_not_work_here_is_an_error_before_anyone_is_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "servers.json").write_text('{"mcpServers": {"a": {"command": "uvx", "args": ["a"]}}}')
    ended = run_program("crawl", "--source", "file=servers.json", "--sandbox", "gvisor", cwd=tmp_path)
    assert (ended.code, ended.out) == (1, "")
    (error,) = errors(ended)
    assert error.startswith("error: packages cannot be run in gVisor: ")
    assert error.endswith(")")  # what to install


def test_what_each_source_gave_is_counted_apart(crawl, tmp_path):
    (tmp_path / "servers.json").write_text('{"mcpServers": {"a": {"url": "https://a.example/"}, "b": {}}}')
    ended = crawl("--source", "file=servers.json")
    assert [line.split() for line in ended.out.splitlines() if line.strip().startswith("file")] == [
        ["file", "1", "0", "1"]
    ]


def test_a_dry_run_says_what_would_be_asked_and_asks_nobody(catalogue, crawl, tmp_path):
    servers = {"a": {"url": "http://127.0.0.1:9/mcp"}, "b": {"url": "https://left.example/mcp"}}
    (tmp_path / "servers.json").write_text(json.dumps({"mcpServers": servers}))
    (tmp_path / "leave").write_text("left.example  # asked us to\n")
    assert crawl("--source", "file=servers.json").code == 0
    dry = ("crawl", "--dry-run", "--source", "file=other.json", "--opt-out", "leave")
    ended = catalogue(*dry, "--format", "json")
    assert ended.code == 0
    assert json.loads(ended.out) == {
        "sources": ["file: other.json"],
        "targets": [{"server": "a", "target": "http://127.0.0.1:9/mcp"}],
    }
    assert "http://127.0.0.1:9/mcp" in catalogue(*dry).out
    again = catalogue("crawl", "--dry-run", "--only", "introspect", "--opt-out", "leave")
    assert "http://127.0.0.1:9/mcp" in again.out  # it is still due
    empty = catalogue("crawl", "--dry-run", "--only", "introspect", "--database", "sqlite:///empty.db")
    assert (empty.code, empty.out) == (3, "")
    assert "no target is due" in empty.err


def test_an_opt_out_list_that_cannot_be_read_is_named_line_by_line(catalogue, tmp_path):
    (tmp_path / "leave").write_text("good.example\nhttps ://x\n*.all\n")
    for arguments in (("--opt-out", "leave"), ("--opt-out", "leave", "--dry-run"), ("--opt-out", "nowhere")):
        ended = catalogue("crawl", "--only", "introspect", *arguments)
        assert ended.code == 1
        expected = ["nowhere"] if "nowhere" in arguments else ["leave:2", "leave:3"]
        assert [line.split()[1].rstrip(":") for line in errors(ended)] == expected


@pytest.mark.parametrize("registry", PAGES, indirect=True)
def test_a_registry_that_answers_otherwise_is_one_line(crawl, registry):
    ended = crawl("--source", f"official={registry}", "--allow-private")
    assert ended.code == 1
    assert len(errors(ended)) == 1
    assert registry in errors(ended)[0]


def test_an_unreachable_registry_is_one_line(crawl):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    ended = crawl("--source", f"official=http://127.0.0.1:{port}", "--allow-private")
    assert ended.code == 1
    assert len(errors(ended)) == 1
    assert str(port) in errors(ended)[0]


def test_a_private_registry_is_asked_only_when_told(crawl):
    ended = crawl("--source", "official=http://127.0.0.1:9")
    assert ended.code == 1
    assert len(errors(ended)) == 1


@pytest.mark.parametrize(("content", "says"), [(None, "servers.json"), ("<html>", "servers.json"), ("[]", "")])
def test_a_file_of_servers_that_is_none_is_one_line(crawl, tmp_path, content, says):
    if content is not None:
        (tmp_path / "servers.json").write_text(content)
    ended = crawl("--source", "file=servers.json")
    assert ended.code == (1 if says else 3)
    assert len(errors(ended)) == (1 if says else 0)
    assert says in ended.err


def test_records_without_a_target_are_dropped_with_their_reason(crawl, tmp_path):
    good = {"name": "com.example/good", "description": "x", "version": "1",
            "remotes": [{"type": "streamable-http", "url": "https://example.com/mcp"}]}  # fmt: skip
    bad = {"name": "com.example/bad", "description": "x", "version": "1"}
    (tmp_path / "servers.json").write_text(json.dumps([good, good, bad, bad | {"name": "evil\x1b[2J"}, 7]))
    ended = crawl("--source", "file=servers.json", "--format", "json")
    assert ended.code == 4  # done, but not with every record
    assert json.loads(ended.out)["discoveries"][0]["listings"] == 1
    assert "no-usable-target" in ended.err
    assert "not-an-object" in ended.err
    assert "duplicate-name" in ended.err
    assert "\x1b" not in ended.out + ended.err


def test_what_was_not_introspected_is_said_with_its_reason_and_found_again(catalogue, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/mcp"
    (tmp_path / "servers.json").write_text(json.dumps({"mcpServers": {"gone": {"url": url}}}))
    ended = catalogue("crawl", "--source", "file=servers.json", "--allow-private")
    assert ended.code == 4
    assert f"not introspected: gone: {url}: unreachable" in ended.err
    failed = json.loads(catalogue("status", "--failed", "--format", "json").out)["failed"]
    assert [(one["target"], one["outcome"]) for one in failed] == [(url, "unreachable")]
    assert catalogue("crawl", "--only", "introspect").code == 3  # not due yet


def test_a_status_shows_what_is_due_when_and_what_a_sign_in_wants(catalogue, tmp_path):
    with remotes.serving() as (base, _):
        servers = {"wall": {"url": f"{base}/walled/named"}, "later": {"url": f"{base}/handshake"}}
        (tmp_path / "servers.json").write_text(json.dumps({"mcpServers": servers}))
        catalogue("crawl", "--source", "file=servers.json", "--allow-private")
    ended = catalogue("status", "--failed")
    lines = [line.split() for line in ended.out.splitlines()]
    assert ["within", "a", "day", "1"] in lines
    assert ["within", "a", "month", "1"] in lines
    assert "Bearer, https://issuer.invalid, scope read, scope write" in ended.out
    found = json.loads(catalogue("status", "--failed", "--format", "json").out)
    assert (found["due"], found["due_later"]["within a day"], found["in_reserve"]) == (0, 1, 0)
    assert found["failed"][0]["sign_in"]["scopes"] == ["read", "write"]


def test_an_interrupted_crawl_ends_quietly(tmp_path):
    import signal
    import subprocess
    import time

    from tests.cli.program import COMMAND

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        crawler = subprocess.Popen(
            [COMMAND, "crawl", "--source", f"official={address}", "--allow-private"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        silent.settimeout(30)
        connection, _ = silent.accept()
        time.sleep(0.2)
        crawler.send_signal(signal.SIGINT)
        out, err = crawler.communicate(timeout=30)
        connection.close()
    assert crawler.returncode == 130, err
    assert "Traceback" not in out + err
    with sqlite3.connect(tmp_path / "catalogue.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_a_crawl_goes_on_when_nobody_reads_its_messages(tmp_path):
    import subprocess

    from tests.cli.program import COMMAND

    record = {"name": "com.example/good", "description": "x", "version": "1",
              "remotes": [{"type": "streamable-http", "url": "https://example.com/mcp"}]}  # fmt: skip
    (tmp_path / "servers.json").write_text(json.dumps([record]))
    command = [COMMAND, "crawl", "--source", "file=servers.json", "--only", "discover"]
    crawler = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    crawler.stderr.close()
    assert crawler.wait(60) == 0
    with sqlite3.connect(tmp_path / "catalogue.db") as database:
        assert database.execute("SELECT name FROM servers").fetchall() == [("com.example/good",)]
    database.close()
