from __future__ import annotations

import ast
import gzip
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

import crawler.settings
from crawler.records import Listing, ListingStatus, SourceError
from crawler.run import SourceRequest, discover, sources
from crawler.settings import own_version, user_agent
from crawler.spiders import source_spiders
from tests.crawler.peers.sources import Answer, Collected, read, registry
from tests.ecosystem import Ecosystem, running

ROOT = Path(__file__).parents[2]


# A registry that works, in a process of its own


@pytest.fixture(scope="module")
def ecosystem() -> Iterator[Ecosystem]:
    with running(servers=250) as started:
        yield started


def test_every_server_of_a_registry_is_found_over_all_its_pages(ecosystem):
    discovery, sink = read("official", ecosystem.address)
    assert discovery.error is None
    assert {listing.name for listing in sink.listings} == set(ecosystem.expected())
    assert all(listing.fetched_from.startswith(ecosystem.address + "/v0.1/servers?") for listing in sink.listings)
    assert all(listing.source == "official" for listing in sink.listings)


def test_a_limit_stops_the_paging(ecosystem):
    discovery, sink = read("official", ecosystem.address, limit=120)
    assert (discovery.listings, discovery.error) == (120, None)
    assert len({listing.fetched_from for listing in sink.listings}) == 2


def test_what_changed_since_comes_with_what_was_deleted(ecosystem):
    since = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=240)
    _, sink = read("official", ecosystem.address, updated_since=since)
    deleted = {listing.name for listing in sink.listings if listing.status is ListingStatus.DELETED}
    assert deleted == ecosystem.withdrawn()
    assert len(sink.listings) == 10 + len(deleted)


def test_several_sources_are_read_at_once_and_told_apart(ecosystem, tmp_path):
    (tmp_path / "servers.json").write_text('{"servers": {"a": {"url": "https://a.example"}}}')
    requests = [
        SourceRequest("file", str(tmp_path / "servers.json")),
        SourceRequest("official", ecosystem.address),
        SourceRequest("file", str(tmp_path / "none.json")),
    ]
    sink = Collected()
    found = discover(requests, sink, allow_private=True)
    assert [(one.source, one.listings, one.error is None) for one in found] == [
        ("file", 1, True),
        ("official", 250, True),
        ("file", 0, False),
    ]
    assert len(sink.listings) == 251


# Registries that do not work


def page(*names: str, cursor: Any = None) -> Answer:
    servers = [
        {"server": {"name": name, "remotes": [{"type": "sse", "url": f"https://{name}.example"}]}} for name in names
    ]
    return 200, {}, json.dumps({"servers": servers, "metadata": {"nextCursor": cursor}}).encode()


def cursor_of(path: str) -> str | None:
    return parse_qs(urlsplit(path).query).get("cursor", [None])[0]


def second_page(then: Answer) -> Callable[[str], Answer]:
    """A registry whose first page is in order and names a second one."""
    return lambda path: then if cursor_of(path) else page("first", cursor="two")


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ((200, {}, b"<!doctype html>"), "is not JSON"),
        ((200, {}, b""), "is not JSON"),
        ((200, {}, b"[" * 200_000), "is not JSON"),
        ((200, {}, b"[]"), "a JSON list, expected an object"),
        ((200, {}, b'{"error": "gone"}'), "holds no list of servers"),
        ((200, {}, b'{"servers": {"a": 1}}'), "holds no list of servers"),
        ((404, {}, b"{}"), "answered HTTP 404"),
        ((429, {"Retry-After": "3600"}, b"{}"), "answered HTTP 429"),
        ((302, {"Location": "https://elsewhere.example/v0.1/servers"}, b""), "another origin"),
        ((302, {"Location": "http://[::1"}, b""), "another origin"),
        ((302, {}, b""), "redirects more than"),
        ((200, {"Content-Encoding": "gzip"}, b"no gzip"), "is not JSON"),
        ((200, {"Content-Length": "1000"}, b"{}"), "breaks off"),
        ((200, {"Content-Length": str(1 << 30)}, b"{}"), "larger than we take"),
    ],
)
def test_a_page_that_goes_wrong_is_one_line_and_what_was_found_stays(then, words):
    with registry(second_page(then)) as address:
        discovery, sink = read("official", address)
    assert [listing.name for listing in sink.listings] == ["first"]
    assert discovery.error is not None
    assert words in discovery.error
    assert address in discovery.error
    assert "cursor=two" in discovery.error
    assert "\n" not in discovery.error


def test_nothing_is_inflated():
    bomb = gzip.compress(b" " * (64 << 20))
    with registry(second_page((200, {"Content-Encoding": "gzip"}, bomb))) as address:
        discovery, _ = read("official", address)
    assert "is not JSON" in str(discovery.error)


@pytest.mark.parametrize("cursor", [7, ["x"], "x" * 5000])
def test_a_cursor_that_is_none_ends_the_pass_after_its_page(cursor):
    with registry(lambda _: page("first", "second", cursor=cursor)) as address:
        discovery, sink = read("official", address)
    assert len(sink.listings) == 2
    assert "no cursor" in str(discovery.error)


def test_a_long_cursor_is_sent_back_as_it_came():
    odd = "&%ü=" * 250
    with registry(lambda path: page("b") if cursor_of(path) == odd else page("a", cursor=odd)) as address:
        discovery, _ = read("official", address)
    assert (discovery.listings, discovery.error) == (2, None)


def test_pages_in_a_circle_end():
    with registry(lambda path: page("a", cursor="1" if cursor_of(path) != "1" else "2")) as address:
        discovery, sink = read("official", address)
    assert "repeats a cursor" in str(discovery.error)
    assert [drop.reason.value for drop in sink.drops] == ["duplicate-name"] * 2


@pytest.mark.parametrize("cursor", [None, ""])
def test_no_cursor_and_an_empty_one_are_the_last_page(cursor):
    with registry(lambda _: page("a", cursor=cursor)) as address:
        assert read("official", address)[0].error is None


def test_an_empty_registry_as_go_writes_it():
    with registry(lambda _: (200, {}, b'{"servers": null, "metadata": {"count": 0}}')) as address:
        assert read("official", address)[0].error is None


def test_one_bad_record_never_costs_its_page():
    body = json.loads(page("a", "b")[2])
    body["servers"][1:1] = [None, 7, {}, {"server": {"name": 3}}, {"server": {"name": "x" * 500}}]
    with registry(lambda _: (200, {}, json.dumps(body).encode())) as address:
        discovery, sink = read("official", address)
    assert [listing.name for listing in sink.listings] == ["a", "b"]
    assert discovery.dropped == {"not-an-object": 2, "no-name": 2, "too-large": 1}
    assert [drop.source_id[:8] for drop in sink.drops] == ["record 2", "record 3", "record 4", "3", "xxxxxxxx"]


def test_a_passing_failure_is_asked_again():
    answers = iter([(503, {}, b""), (429, {"Retry-After": "1"}, b""), page("a")])
    started = time.monotonic()
    with registry(lambda _: next(answers)) as address:
        discovery, _ = read("official", address)
    assert (discovery.listings, discovery.error) == (1, None)
    assert time.monotonic() - started > 1


def test_a_redirect_within_the_origin_is_followed():
    with registry(
        lambda path: page("a") if path.startswith("/new") else (308, {"Location": "/new?limit=100"}, b"")
    ) as address:
        assert read("official", address)[0].listings == 1


def test_the_address_may_be_the_root_or_the_list():
    asked: list[str] = []

    def answer(path: str) -> Answer:
        asked.append(urlsplit(path).path)
        return page("a")

    with registry(answer) as address:
        for path in ("", "/", "/v0/servers", "/api/v0.1/servers/"):
            assert read("official", address + path)[0].error is None
    assert asked == ["/v0.1/servers", "/v0.1/servers", "/v0/servers", "/api/v0.1/servers"]


def test_we_say_who_we_are_and_send_nothing_else(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # a proxy of the environment is not used
    seen: list[str] = []

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                seen.append(connection.recv(65536).decode())
                connection.sendall(b'HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 14\r\n\r\n{"servers":[]}')

        thread = threading.Thread(target=serve)
        thread.start()
        discovery, _ = read("official", f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
    assert discovery.error is None
    head = seen[0].lower()
    assert head.startswith("get /v0.1/servers?version=latest&limit=100 http/1.1")
    assert "user-agent: mcp-risk-catalogue/" in head
    assert "cookie" not in head
    assert "authorization" not in head


@pytest.mark.parametrize(
    ("contact", "says"),
    [("", ""), ("https://crawl.example/me", " (+https://crawl.example/me)"), ("a\r\nX: y\u202eé", " (+aX: y)")],
)
def test_requests_say_whom_to_ask(monkeypatch, contact, says):
    monkeypatch.setenv("CATALOGUE_CONTACT", contact)
    assert user_agent() == f"mcp-risk-catalogue/{own_version()}{says}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_registry_that_nobody_runs():
    discovery, _ = read("official", f"http://127.0.0.1:{free_port()}")
    assert "connection refused" in str(discovery.error)


def test_a_registry_that_hangs_and_one_that_drips(monkeypatch):
    monkeypatch.setitem(crawler.settings._LIMITS, "DOWNLOAD_TIMEOUT", 0.5)
    monkeypatch.setitem(crawler.settings._MANNERS, "RETRY_TIMES", 0)
    with running(servers=2, mix={"hang": 50, "drip": 50}) as world:
        for server in (0, 1):
            discovery, _ = read("official", f"{world.address}/s/{server}/mcp/servers")
            assert "no answer in time" in str(discovery.error)


def test_a_peer_that_speaks_no_http():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(3):
                connection, _address = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"SSH-2.0-x\r\n\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        discovery, _ = read("official", f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
    assert "could not be read" in str(discovery.error)


@pytest.fixture
def own_certificate(tmp_path) -> ssl.SSLContext:
    """What a server needs to call itself `localhost` without anybody vouching for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "both.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused(own_certificate):
    asked: list[str] = []
    with registry(lambda path: asked.append(path) or page("a"), own_certificate) as address:
        discovery, _ = read("official", address.replace("http://127.0.0.1", "https://localhost"))
    assert "not to be trusted" in str(discovery.error)
    assert asked == []


# Addresses


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "169.254.169.254",
        "10.0.0.1",
    ],
)
def test_no_private_address_is_asked_in_any_spelling(host):
    asked: list[str] = []

    def answer(path: str) -> Answer:
        asked.append(path)
        return page("a")

    with registry(answer) as address:
        port = address.rpartition(":")[2]
        discovery, _ = read("official", f"http://{host}:{port}", allow_private=False)
    assert discovery.error
    assert asked == []


def test_the_same_address_is_asked_when_that_is_allowed():
    with registry(lambda _: page("a")) as address:
        assert read("official", address.replace("127.0.0.1", "localhost"))[0].error is None


@pytest.mark.parametrize(
    "address", ["ftp://registry.example", "registry.example", "http://me:pw@registry.example", "///"]
)
def test_an_address_that_is_no_web_address_is_refused_by_name(address):
    discovery, _ = read("official", address)
    assert address in str(discovery.error)


# Files


def line(name: str) -> bytes:
    return json.dumps({"name": name, "remotes": [{"type": "sse", "url": "https://a.example"}]}).encode()


@pytest.mark.parametrize("name", ["servers.jsonl", "servers.jsonl.gz", "servers.ndjson", "servers"])
def test_json_lines_with_bad_lines_between_compressed_or_not(tmp_path, name):
    content = b"\n".join([line("a"), b"{oops", b"", line("b"), b"x" * (2 << 20), b"\xff", b"7", line("c")])
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    discovery, sink = read("file", str(path))
    assert discovery.error is None
    assert [listing.name for listing in sink.listings] == ["a", "b", "c"]
    assert [drop.source_id for drop in sink.drops] == ["line 2", "line 5", "line 6", "line 7"]


@pytest.mark.parametrize("wrap", [lambda servers: servers, lambda servers: {"servers": servers}])
def test_an_array_of_records_and_a_saved_page(tmp_path, wrap):
    path = tmp_path / "saved.json"
    path.write_text(json.dumps(wrap(json.loads(page("a", "b")[2])["servers"])))
    assert read("file", str(path))[0].listings == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not JSON"),
        (b"no json", "is not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b'"text"', "holds a str"),
        (b"{}", "names no servers"),
        (b"\x1f\x8bnot gzip", "could not be read"),
        (gzip.compress(b"[]" * 1000, mtime=0)[:-20], "could not be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_that_names_it(tmp_path, content, words):
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    discovery, _ = read("file", str(path))
    assert words in str(discovery.error)
    assert path.name in str(discovery.error)


def test_a_folder_and_a_missing_file(tmp_path):
    assert "Is a directory" in str(read("file", str(tmp_path))[0].error)
    assert "No such file" in str(read("file", str(tmp_path / "none"))[0].error)


def test_a_configuration_s_key_identifies_nothing_and_its_folder_is_not_kept(tmp_path):
    for folder, package in (("a", "one-server"), ("b", "other-server")):
        (tmp_path / folder).mkdir()
        servers = {"mcpServers": {"tools": {"command": "npx", "args": ["-y", package]}}}
        (tmp_path / folder / "mcp.json").write_text(json.dumps(servers))
    listings = [read("file", str(tmp_path / folder / "mcp.json"))[1].listings[0] for folder in ("a", "b")]
    assert [one.source_id for one in listings] == ["npm:one-server", "npm:other-server"]
    assert {one.name for one in listings} == {"tools"}
    assert {one.fetched_from for one in listings} == {"mcp.json"}


# The rest of the contract


def test_an_unknown_source_names_the_known_ones():
    with pytest.raises(SourceError, match=r"^pulse is no source, expected one of: awesome, docker, .*, toolhive$"):
        discover([SourceRequest("pulse", None, None)], Collected())


def test_a_source_without_an_address_says_how_to_give_one():
    with pytest.raises(SourceError, match="file=ADDRESS"):
        discover([SourceRequest("file", None, None)], Collected())


def test_no_requests_are_no_work():
    assert discover([], Collected()) == []


def test_the_sources_are_described_with_their_licence_and_what_they_lack(monkeypatch):
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    known = sources()
    assert set(known) == set(source_spiders())
    assert all(source.about and source.licence for source in known.values())
    official = known["official"]
    assert (official.address, official.lacks) == ("https://registry.modelcontextprotocol.io", "")
    assert official.licence.startswith("CC0")
    assert known["github"].lacks == "GITHUB_TOKEN in the environment"
    assert known["registry"].lacks == "an address"


def test_the_readme_has_every_source_with_its_licence():
    rows = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `")]
    cells = {row.split("|")[1].strip(" `"): [cell.strip() for cell in row.split("|")] for row in rows}
    for name, source in sources().items():
        assert cells[name][3] == source.licence
        assert all(f"`{key}`" in cells[name][4] for key in source_spiders()[name].keys)


@pytest.mark.parametrize("source", sorted(name for name, spider in source_spiders().items() if spider.keys))
def test_a_source_without_its_key_is_off_and_names_the_variable(monkeypatch, source):
    variables = source_spiders()[source].keys
    for variable in variables:
        monkeypatch.setenv(variable, " ")
    words = " and ".join(variables)
    with pytest.raises(SourceError, match=f"^source {source} is off without its key: set {words} in the environment$"):
        discover([SourceRequest(source)], Collected())


class FullDisk(Collected):
    def listing(self, listing: Listing) -> None:
        super().listing(listing)
        if len(self.listings) == 3:
            raise OSError(28, "No space left on device")


def test_what_the_sink_raises_reaches_the_caller_and_stops_every_source(ecosystem):
    sink = FullDisk()
    requests = [SourceRequest("official", ecosystem.address, None)] * 2
    with pytest.raises(OSError, match="No space left"):
        discover(requests, sink, allow_private=True)
    assert len(sink.listings) == 3


SCRIPT = """
import sys
from crawler.run import SourceRequest, discover

class Printed:
    def listing(self, listing): print(listing.name, flush=True)
    def dropped(self, dropped): print("dropped", dropped.detail, flush=True)

print(discover([SourceRequest("official", sys.argv[1], None)], Printed(), allow_private=True)[0].error)
"""


def script(address: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, address],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_failing_pass_prints_nothing_of_its_own():
    with registry(second_page((200, {"Content-Length": "1000"}, b"oops"))) as address, script(address) as process:
        output, errors = process.communicate(timeout=30)
    assert output.splitlines()[0] == "first"
    assert "breaks off" in output
    assert errors == ""
    assert process.returncode == 0


def test_ctrl_c_ends_a_pass_at_once():
    waiting = threading.Event()

    def answer(path: str) -> Answer:
        if cursor_of(path):
            waiting.wait(20)
        return page("first", cursor="two")

    with registry(answer) as address, script(address) as process:
        assert process.stdout
        assert process.stdout.readline() == "first\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        _, errors = process.communicate(timeout=15)
        waiting.set()
    assert time.monotonic() - started < 10
    assert errors.strip().endswith("KeyboardInterrupt")


def test_a_new_source_is_one_small_file():
    for spider in source_spiders().values():
        path = Path(str(sys.modules[spider.__module__].__file__))
        assert len(path.read_text().splitlines()) <= 40
        assert ast.get_docstring(ast.parse(path.read_text()))
