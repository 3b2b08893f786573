"""Packages from registries of our own on this machine: the install, the choice of command, the attempts in order."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import os
import tarfile
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from crawler.introspector import Budget, ecosystems, introspect, packages, registries, runtimes, sandbox
from crawler.records import Introspected, Need, NotIntrospected, Reason, Target, TargetKind, Transport

boxed = pytest.mark.skipif(sandbox.fault() is not None, reason=str(sandbox.fault()))
PEER = (Path(__file__).parent / "peers" / "stdio_peer.py").read_text()
BUDGET = Budget(start_seconds=6, package_seconds=10, install_seconds=60)


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A folder for packages that any user can read, no other registry, and fresh caches."""
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_", "npm_config"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    monkeypatch.setattr(packages, "_cache_home", lambda: tmp_path / "cache")
    for cached in (registries.npm_access, registries.pypi_access):
        cached.cache_clear()
    yield tmp_path
    for cached in (registries.npm_access, registries.pypi_access):
        cached.cache_clear()
    assert not list(Path(packages.tempfile.gettempdir()).glob(f"{_PREFIX}*"))


_PREFIX = f"mcp-box-test-{os.getpid()}-"


@pytest.fixture(autouse=True)
def _own_boxes(monkeypatch):
    make = packages.tempfile.mkdtemp
    monkeypatch.setattr(packages.tempfile, "mkdtemp", lambda **_: make(prefix=_PREFIX))


def wheel(
    folder: Path, name: str, scripts: dict[str, str], code: str, version: str = "1.0", requires: str = ""
) -> None:
    """Write a wheel with one module; `scripts` maps commands to its functions."""
    module = name.replace("-", "_")
    points = "[console_scripts]\n" + "".join(
        f"{script} = {module}:{function}\n" for script, function in scripts.items()
    )
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}"
    info = f"{module}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{module}.py", code)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/entry_points.txt", points)
        archive.writestr(f"{info}/RECORD", "")


def peer_wheel(folder: Path, name: str, behaviour: str, **options: Any) -> None:
    code = PEER.replace("BEHAVIOURS[sys.argv[1]]()", f"BEHAVIOURS[{behaviour!r}]()")
    wheel(folder, name, {name: "main"}, code, **options)


def pypi(name: str, *needs: Need, version: str | None = None) -> Target:
    return Target(TargetKind.PYPI, Transport.STDIO, name, version, needs)


def ask(target: Target, budget: Budget = BUDGET) -> Introspected | NotIntrospected:
    return asyncio.run(introspect(target, budget))


def listed(target: Target) -> Introspected:
    outcome = ask(target)
    assert isinstance(outcome, Introspected), outcome
    return outcome


def refused(target: Target, budget: Budget = BUDGET) -> NotIntrospected:
    outcome = ask(target, budget)
    assert isinstance(outcome, NotIntrospected), outcome
    assert not [place for place in ("/tmp", "/root", "/home", "/app") if place in outcome.detail]
    return outcome


@boxed
def test_a_wheel_is_installed_and_its_tools_listed_with_their_provenance(world):
    peer_wheel(world, "plain-peer", "modern", version="2.5")
    outcome = listed(pypi("plain_peer"))
    assert (outcome.attempt.name, outcome.attempt.resolved) == ("bare", "2.5")
    assert outcome.attempt.command == "/app/venv/bin/plain-peer"
    assert outcome.complete


@boxed
def test_what_a_process_says_it_lacks_is_made_up_and_said_so(world):
    peer_wheel(world, "key-peer", "key")
    for needs in ((), (Need("env", "PEER_API_KEY"),)):
        outcome = listed(pypi("key-peer", *needs))
        assert outcome.attempt.name == "dummy-values"
        assert outcome.attempt.command.startswith("PEER_API_KEY=0000")
    declared = Need("env", "PEER_API_KEY", description="It starts with `pk-`")
    assert listed(pypi("key-peer", declared)).tools[0]["description"].startswith("pk-")


@boxed
def test_a_server_that_lacks_what_we_cannot_make_up_is_said_to_need_configuration(world):
    peer_wheel(world, "sad-peer", "complain")
    outcome = refused(pypi("sad-peer"))
    assert (outcome.reason, outcome.detail) == (
        Reason.NEEDS_CONFIGURATION, "Error: PEER_API_KEY is required, see (path)",
    )  # fmt: skip


@boxed
def test_an_older_sdk_is_tried_when_the_newest_does_not_start(world):
    start = "import mcp\n    if mcp.VERSION > 1: sys.exit('ImportError: no name Server')\n    BEHAVIOURS['modern']()"
    code = PEER.replace("BEHAVIOURS[sys.argv[1]]()", start)
    wheel(world, "old-peer", {"old-peer": "main"}, code, requires="Requires-Dist: mcp>=1\n")
    wheel(world, "mcp", {}, "VERSION = 1\n", version="1.9")
    wheel(world, "mcp", {}, "VERSION = 2\n", version="2.1")
    assert listed(pypi("old-peer")).attempt.name == "older-sdk"


@boxed
def test_the_step_that_runs_sees_no_credential_and_no_network_of_the_step_that_installs(world, monkeypatch):
    monkeypatch.setenv("UV_INDEX_PRIVATE_PASSWORD", "do-not-tell")
    registries.pypi_access.cache_clear()
    assert registries.pypi_access().environment["UV_INDEX_PRIVATE_PASSWORD"] == "do-not-tell"
    peer_wheel(world, "spy-peer", "look")
    report = listed(pypi("spy-peer")).tools[0]["description"]
    assert "do-not-tell" not in report
    assert not [name for name in json.loads(report)["environment"] if name.startswith(("UV_", "PIP_", "SSL_"))]
    assert str(world) not in report


@boxed
def test_nothing_is_built(world):
    trap = f"open({str(world / 'built')!r}, 'w')\nfrom setuptools import setup\nsetup(name='trap-peer', version='1')\n"
    with tarfile.open(world / "trap-peer-1.0.tar.gz", "w:gz") as archive:
        for name, text in {
            "setup.py": trap,
            "PKG-INFO": "Metadata-Version: 2.1\nName: trap-peer\nVersion: 1.0\n",
        }.items():
            member = tarfile.TarInfo(f"trap-peer-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    assert refused(pypi("trap-peer")).reason is Reason.INSTALL_FAILED
    assert not (world / "built").exists()


@boxed
@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("--index-url=http://x", None),
        ("../x", None),
        ("git+https://x/y", None),
        ("nowhere", None),
        ("nowhere", "1; x"),
        ("a\0b", None),
    ],
)
def test_what_is_not_there_or_no_name_is_not_installed(world, name, version):
    assert refused(pypi(name, version=version)).reason is Reason.INSTALL_FAILED


@boxed
def test_the_command_is_chosen_as_uvx_does(world):
    code = (
        PEER.replace("BEHAVIOURS[sys.argv[1]]()", 'BEHAVIOURS["modern"]()')
        + "\ndef other(): raise SystemExit('wrong')\n"
    )
    wheel(world, "many-peer", {"other": "other", "Many.Peer": "main"}, code)
    assert listed(pypi("many-peer")).attempt.command == "/app/venv/bin/Many.Peer"
    wheel(world, "vague-peer", {"one": "main", "two": "main"}, code)
    outcome = refused(pypi("vague-peer"))
    assert (outcome.reason, outcome.detail) == (
        Reason.START_FAILED, "vague-peer has no command of its own name; it has one, two",
    )  # fmt: skip


@boxed
def test_an_install_that_takes_too_much_is_ended(world, monkeypatch):
    monkeypatch.setattr(packages, "_DISK_SECONDS", 0.01)
    with zipfile.ZipFile(world / "big_peer-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"big/{number}", b"\0" * 20_000_000)
        archive.writestr("big_peer-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: big-peer\nVersion: 1.0\n")
        archive.writestr(
            "big_peer-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("big_peer-1.0.dist-info/RECORD", "")
    outcome = refused(pypi("big-peer"), replace(BUDGET, install_bytes=5_000_000))
    assert outcome.reason is Reason.INSTALL_FAILED


def test_other_kinds_of_packages_are_recorded():
    for kind in (TargetKind.OCI, TargetKind.NUGET, TargetKind.MCPB):
        outcome = ask(Target(kind, Transport.STDIO, "x"))
        assert isinstance(outcome, NotIntrospected)
        assert outcome.reason is Reason.UNSUPPORTED
    outcome = ask(Target(TargetKind.NPM, Transport.STREAMABLE_HTTP, "x"))
    assert isinstance(outcome, NotIntrospected)
    assert outcome.reason is Reason.UNSUPPORTED


def test_without_a_sandbox_or_a_runtime_nothing_runs(monkeypatch):
    monkeypatch.setattr(sandbox, "fault", lambda: "bubblewrap is not installed")
    outcome = ask(pypi("x"))
    assert isinstance(outcome, NotIntrospected)
    assert (outcome.reason, outcome.detail) == (Reason.NO_SANDBOX, "bubblewrap is not installed")
    monkeypatch.setattr(sandbox, "fault", lambda: None)
    monkeypatch.setattr(runtimes, "npm", lambda: None)
    outcome = ask(Target(TargetKind.NPM, Transport.STDIO, "x"))
    assert isinstance(outcome, NotIntrospected)
    assert outcome.reason is Reason.NO_RUNTIME


NODE_PEER = """#!/usr/bin/env node
const tools = [{name: 'peer', inputSchema: {type: 'object'}, description: process.argv.slice(2).join(' ')}];
require('readline').createInterface({input: process.stdin}).on('line', line => {
  const {id, method} = JSON.parse(line);
  const initialize = {protocolVersion: '2025-06-18', capabilities: {tools: {}}, serverInfo: {name: 'n'}};
  const results = {initialize, 'tools/list': {tools}};
  if (id === undefined) return;
  const answer = results[method] ? {result: results[method]} : {error: {code: -32601, message: 'no'}};
  console.log(JSON.stringify({jsonrpc: '2.0', id, ...answer}));
});
"""


class NpmRegistry:
    """An npm registry on loopback, of the packages that are put into it."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.tarballs: dict[str, bytes] = {}
        self.logins: list[str | None] = []
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.logins.append(self.headers.get("authorization"))
                name = self.path.strip("/").replace("%2f", "/")
                body = registry.tarballs.get(name) or json.dumps(registry.documents.get(name, {})).encode()
                self.send_response(200 if name in registry.tarballs or name in registry.documents else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, name: str, files: dict[str, str], **manifest: Any) -> None:
        manifest = {"name": name, "version": "1.0.0", **manifest}
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for path, text in {"package.json": json.dumps(manifest), **files}.items():
                member = tarfile.TarInfo(f"package/{path}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
        content = buffer.getvalue()
        place = f"tar/{name.replace('/', '-')}.tgz"
        self.tarballs[place] = content
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
        dist = {"tarball": self.url + place, "integrity": integrity}
        self.documents[name] = {
            "name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {**manifest, "dist": dist}},
        }  # fmt: skip


@pytest.fixture
def npm(world, monkeypatch):
    if runtimes.npm() is None:
        pytest.skip("npm is not usable here")
    registry = NpmRegistry()
    configuration = world / "npmrc"
    host = registry.url.removeprefix("http:")
    configuration.write_text(f"registry={registry.url}\n{host}:_authToken=${{REGISTRY_TOKEN}}\nignore-scripts=false\n")
    monkeypatch.setenv("REGISTRY_TOKEN", "from-the-environment")
    monkeypatch.setenv("NPM_CONFIG_USERCONFIG", str(configuration))
    yield registry
    registry.server.shutdown()
    registry.server.server_close()


@boxed
def test_an_npm_package_comes_from_the_users_registry_and_its_scripts_do_not_run(npm):
    npm.add(
        "@scope/node-peer", {"cli.js": NODE_PEER, "trap.js": "require('fs').writeFileSync('/app/trapped', 'x')"},
        bin={"node-peer": "cli.js", "other": "trap.js"},
        scripts=dict.fromkeys(("preinstall", "install", "postinstall"), "node trap.js; exit 1"),
        dependencies={"helper": "1.0.0"},
    )  # fmt: skip
    npm.add("helper", {"binding.gyp": "{}"}, hasInstallScript=True)
    target = Target(
        TargetKind.NPM, Transport.STDIO, "@scope/node-peer", "1.0.0", (Need("argument", "", value="/Users/me/x"),)
    )
    outcome = listed(target)
    assert outcome.tools[0]["description"] == "/home/u/data"
    assert outcome.attempt.command == "/app/node_modules/.bin/node-peer /home/u/data"
    assert "Bearer from-the-environment" in npm.logins


@boxed
def test_npms_own_words_are_the_reason_of_a_failed_install(npm):
    outcome = refused(Target(TargetKind.NPM, Transport.STDIO, "not-there"))
    assert outcome.reason is Reason.INSTALL_FAILED
    assert outcome.detail.startswith("Not Found - GET")
    npm.add("git-peer", {}, dependencies={"x": "git+https://name.invalid/x.git"})
    assert refused(Target(TargetKind.NPM, Transport.STDIO, "git-peer")).reason is Reason.INSTALL_FAILED


def test_no_link_is_followed_out_of_what_was_installed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    app = tmp_path / "app"
    (app / "inner").mkdir(parents=True)
    (app / "file").symlink_to(tmp_path / "secret")
    (app / "folder").symlink_to(tmp_path)
    (app / "inner" / "plain").write_text("plain")
    os.mkfifo(app / "pipe")
    reads = [
        ecosystems.read_inside(app, name)
        for name in ("file", "folder/secret", "../secret", "pipe", "gone", "inner/plain")
    ]
    assert reads == ["", "", "", "", "", "plain"]
