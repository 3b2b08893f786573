"""What an install step reaches: its registries, where they keep their files, and nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from crawler.introspector import Budget, introspect, sandbox
from crawler.introspector.egress import Way, endpoint, opened
from crawler.introspector.file_hosts import way_out
from crawler.introspector.registries import Access
from crawler.records import Introspected, NotIntrospected, Reason, Target, TargetKind, Transport
from tests.crawler.peers.packages import NODE_PEER, NpmRegistry, peer_wheel

boxed = pytest.mark.skipif(sandbox.fault() is not None, reason=str(sandbox.fault()))
BUDGET = Budget(start_seconds=6, package_seconds=10, install_seconds=60)


class Web:
    """A web server on loopback; `asked` are the request lines that came."""

    def __init__(self, answer: Callable[[str], tuple[int, bytes]]) -> None:
        self.asked: list[str] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append(self.requestline)
                status, body = answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body if self.command == "GET" else b"")

            def do_HEAD(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[str], tuple[int, bytes]]], Web]]:
    webs: list[Web] = []

    def start(answer: Callable[[str], tuple[int, bytes]]) -> Web:
        webs.append(Web(answer))
        return webs[-1]

    yield start
    for web in webs:
        web.close()


@pytest.fixture
def stranger(serve: Callable[..., Web]) -> Web:
    return serve(lambda _: (200, b""))


@pytest.fixture
def files(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A host that only keeps files: its address, and its folder."""
    folder = tmp_path / "files"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    server.server_close()


def ask(kind: TargetKind, name: str) -> Introspected | NotIntrospected:
    return asyncio.run(introspect(Target(kind, Transport.STDIO, name), BUDGET))


def index(files: str, folder: Path, path: str) -> tuple[int, bytes]:
    """Answer as a simple index does whose files lie on another host."""
    name = path.strip("/").rpartition("/")[2]
    wheels = [one.name for one in folder.glob(f"{name.replace('-', '_')}-*.whl")]
    links = "".join(f'<a href="{files}/{one}">{one}</a>' for one in wheels)
    return (200 if wheels else 404), links.encode()


@boxed
@pytest.mark.usefixtures("world")
def test_files_on_another_host_are_reached_when_the_registry_says_so(monkeypatch, serve, files):
    address, folder = files
    registry = serve(partial(index, address, folder))
    peer_wheel(folder, "helper", "modern")
    peer_wheel(folder, "peer", "modern", requires="Requires-Dist: helper\n")
    monkeypatch.delenv("UV_NO_INDEX")
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{registry.url}/simple/")
    assert isinstance(ask(TargetKind.PYPI, "peer"), Introspected)


@boxed
def test_an_address_that_only_a_wheel_names_is_not_reached(world, stranger):
    peer_wheel(world, "peer", "modern", requires=f"Requires-Dist: x @ {stranger.url}/x-1.0-py3-none-any.whl\n")
    outcome = ask(TargetKind.PYPI, "peer")
    assert isinstance(outcome, NotIntrospected)
    assert outcome.reason is Reason.INSTALL_FAILED
    assert stranger.asked == []


@boxed
def test_an_address_that_only_an_npm_package_names_is_not_reached(npm: NpmRegistry, stranger):
    npm.add("peer", {"cli.js": NODE_PEER}, bin="cli.js", dependencies={"x": f"{stranger.url}/x.tgz"})
    outcome = ask(TargetKind.NPM, "peer")
    assert isinstance(outcome, NotIntrospected)
    assert outcome.reason is Reason.INSTALL_FAILED
    assert stranger.asked == []
    assert "/peer" in npm.asked


@boxed
@pytest.mark.usefixtures("world")
def test_the_registry_is_reached_by_the_users_own_proxy(monkeypatch, serve, files):
    _, folder = files
    peer_wheel(folder, "peer", "modern")

    def answer(path: str) -> tuple[int, bytes]:
        wheel = folder / path.rpartition("/")[2]
        return (200, wheel.read_bytes()) if path.endswith(".whl") else index("http://registry.invalid", folder, path)

    proxy = serve(answer)
    monkeypatch.delenv("UV_NO_INDEX")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://registry.invalid/simple/")
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    assert isinstance(ask(TargetKind.PYPI, "peer"), Introspected)
    assert any(line.startswith("GET http://registry.invalid/") for line in proxy.asked)


def through(way: Way, tmp_path: Path, request: bytes) -> bytes:
    """Say something at the gate and return all of its answer."""

    async def talk() -> bytes:
        async with opened(tmp_path / "gate", way):
            reader, writer = await asyncio.open_unix_connection(tmp_path / "gate" / "socket")
            writer.write(request)
            writer.write_eof()
            try:
                return await asyncio.wait_for(reader.read(), 10)
            except ConnectionResetError:  # hung up on before all was read
                return b""
            finally:
                writer.close()

    return asyncio.run(talk())


@pytest.mark.parametrize(
    "request_line",
    [
        "CONNECT 169.254.169.254:80", "CONNECT registry.invalid.evil.invalid:443", "CONNECT registry.invalid:22",
        "CONNECT registry.invalid@evil.invalid:443", "GET http://evil.invalid/x", "GET http://registry.invalid@evil.invalid/",
        "GET /etc/passwd", "GET file:///etc/passwd", "CONNECT [::1", "nonsense",
    ],
)  # fmt: skip
def test_whoever_asks_for_another_place_is_refused(tmp_path, request_line):
    way = Way(frozenset({("registry.invalid", 443), ("registry.invalid", 80)}))
    answer = through(way, tmp_path, f"{request_line} HTTP/1.1\r\nHost: registry.invalid\r\n\r\n".encode())
    assert answer.split()[1] in (b"403", b"400"), answer


@pytest.mark.parametrize("said", [b"", b"GET", b"\0" * 100, b"GET http://x/ HTTP/1.1\r\n" + b"a: b\r\n" * 50_000])
def test_whoever_says_no_request_is_hung_up_on(tmp_path, said):
    assert through(Way(), tmp_path, said) == b""


def test_a_plain_request_is_passed_on_to_its_host_alone(tmp_path, serve):
    registry = serve(lambda path: (200, path.encode()))
    where = endpoint(registry.url)
    assert where is not None
    head = f"GET {registry.url}/a?b=c HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n\r\n"
    answer = through(Way(frozenset({where})), tmp_path, head.encode())
    assert answer.endswith(b"/a?b=c")
    assert registry.asked == ["GET /a?b=c HTTP/1.1"]


def test_hosts_without_the_proxy_are_those_of_no_proxy():
    way = Way(proxies={"https": "proxy.invalid:8080", "no": ".inner.invalid, exact.invalid"})
    assert [way.proxy("https", host) is None for host in ("a.inner.invalid", "exact.invalid", "notexact.invalid")] == [
        True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [b"", b"{" * 100_000, b'{"files": 7, "dist": {"tarball": 8}}', b'{"repository": {"url": "https://evil.invalid/"}}',
     b'{"files": [{"url": "file:///etc/passwd"}, {"url": "https://[::1"}]}'],
)  # fmt: skip
def test_a_page_that_says_nothing_of_files_adds_no_host(serve, page):
    registry = serve(lambda _: (200, page))
    way = asyncio.run(way_out(Access(indexes=(("", registry.url),)), [f"{registry.url}/x"]))
    assert way.hosts == {endpoint(registry.url)}
