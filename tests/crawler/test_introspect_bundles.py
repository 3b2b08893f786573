"""MCP bundles from a host on loopback: fetched, checked, unpacked and run; and what comes of hostile ones."""

from __future__ import annotations

import asyncio
import hashlib
import stat
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.introspector import Budget, introspect, runtimes, sandbox
from crawler.introspector.bundle_manifest import read_manifest
from crawler.records import Introspected, Need, NotIntrospected, Reason, Target, TargetKind, Transport
from tests.crawler.peers.bundles import TOOLS, bundle, hosted, manifest, renamed, with_directory_size

boxed = pytest.mark.skipif(sandbox.fault() is not None, reason=str(sandbox.fault()))
BUDGET = Budget(start_seconds=6, package_seconds=10, install_seconds=20)
PYTHON = manifest("python", "python", "${__dirname}/server/main.py")


def ask(content: bytes, *needs: Need, budget: Budget = BUDGET) -> Introspected | NotIntrospected:
    with hosted({"/acme.mcpb": content}) as host:
        target = Target(TargetKind.MCPB, Transport.STDIO, f"{host}/acme.mcpb", None, needs)
        return asyncio.run(introspect(target, budget, allow_private=True))


def listed(content: bytes, *needs: Need, budget: Budget = BUDGET) -> Introspected:
    outcome = ask(content, *needs, budget=budget)
    assert isinstance(outcome, Introspected), outcome
    return outcome


def refused(content: bytes, *needs: Need, budget: Budget = BUDGET) -> NotIntrospected:
    outcome = ask(content, *needs, budget=budget)
    assert isinstance(outcome, NotIntrospected), outcome
    return outcome


@boxed
def test_a_bundle_for_python_is_run_and_its_declared_tools_stay_apart():
    content = bundle(PYTHON)
    checksum = hashlib.sha256(content).hexdigest()
    outcome = listed(content, Need("checksum", "SHA-256", value=checksum))
    assert [tool["name"] for tool in outcome.tools] == ["peer"]
    assert outcome.declared == tuple(TOOLS)
    assert (outcome.attempt.name, outcome.attempt.resolved) == ("bare", f"sha256:{checksum}")
    assert outcome.attempt.command == "python /app/server/main.py"


@boxed
@pytest.mark.skipif(runtimes.node() is None, reason="node is not usable here")
def test_a_bundle_for_node_gets_its_settings_defaults_and_places():
    described = manifest(
        "node", "node", "${__dirname}/server/main.js", "${user_config.root}", "--units=${user_config.units}",
        user_config={"root": {"type": "directory", "default": "${HOME}/acme"},
                     "units": {"type": "string", "default": "metric"}},
    )  # fmt: skip
    outcome = listed(bundle(described))
    assert outcome.tools[0]["description"] == "/home/u/acme --units=metric"
    assert outcome.attempt.name == "bare"


@boxed
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="the box has no interpreter of the system's")
def test_a_bundles_own_program_is_started_as_linux_has_it():
    described = manifest(
        "binary", "${__dirname}/server.exe", overrides={"linux": {"command": "${__dirname}/server/run", "args": ["x"]}}
    )
    program = "#!/bin/sh\nexec python3 /app/server/main.py\n"
    assert listed(bundle(described, {"server/run": program})).attempt.command.endswith("/app/server/run x")


@boxed
def test_what_a_user_has_to_say_is_made_up_and_said_so():
    code = "import os, sys\nif not os.environ.get('ACME_KEY'): sys.exit('ACME_KEY is not set')\n"
    described = manifest(
        "python", "python3", "${__dirname}/server/keyed.py", env={"ACME_KEY": "${user_config.key}"},
        user_config={"key": {"type": "string", "title": "Key", "required": True, "sensitive": True}},
    )  # fmt: skip
    files = {"server/keyed.py": f"{code}import runpy\nrunpy.run_path('/app/server/main.py')\n"}
    outcome = listed(bundle(described, files))
    assert outcome.attempt.name == "dummy-values"
    assert outcome.attempt.command.startswith("ACME_KEY=0000")


@boxed
def test_a_bundle_that_does_not_start_still_declares_its_tools():
    described = manifest("python", "python", "${__dirname}/broken.py", tools_generated=True)
    outcome = refused(bundle(described, {"broken.py": "raise SystemExit('widget exploded')"}))
    assert outcome.reason is Reason.START_FAILED
    assert outcome.declared == tuple(TOOLS)
    assert outcome.detail.endswith("(its manifest declares 2 and says that it has more when it runs)")


@boxed
def test_a_bundle_in_the_box_has_no_network_and_changes_nothing_of_itself():
    spy = PYTHON["server"]["mcp_config"]["args"][0]
    code = """
import runpy, socket, sys
def tried(act):
    try: act()
    except OSError: return
    sys.exit(f'{act} was possible')
tried(lambda: open('/app/server/main.py', 'w'))
tried(lambda: open('/app/manifest.json', 'w'))
tried(lambda: socket.create_connection(('1.1.1.1', 53), 1))
runpy.run_path('/app/server/main.py')
"""
    described = manifest("python", "python", spy.replace("main", "spy"))
    assert listed(bundle(described, {"server/spy.py": code})).attempt.name == "bare"


@pytest.mark.parametrize(
    ("described", "reason", "detail"),
    [
        (manifest("uv", "uv"), Reason.UNSUPPORTED, "a bundle for uv is recorded and not run"),
        (manifest("docker", "docker"), Reason.UNSUPPORTED, "a bundle for docker is recorded and not run"),
        (manifest("binary", "x", compatibility={"platforms": ["darwin", "win32"]}), Reason.NO_RUNTIME,
         "the bundle is made for darwin, win32, and this machine runs Linux"),
        (manifest("binary", ""), Reason.NO_COMMAND, "the bundle's manifest names no command"),
    ],
)  # fmt: skip
def test_a_bundle_that_is_not_run_says_why_and_declares_its_tools(described, reason, detail):
    outcome = refused(bundle(described))
    assert (outcome.reason, outcome.detail) == (reason, f"{detail} (its manifest declares 2)")
    assert outcome.declared == tuple(TOOLS)


GOOD = bundle(PYTHON)
LINK = bundle(PYTHON, {"a": "/etc/passwd"}, a=stat.S_IFLNK | 0o777)


@pytest.mark.parametrize(
    ("content", "reason", "words"),
    [
        (b"<html>sign in</html>", Reason.INSTALL_FAILED, "it is no zip file"),
        (b"", Reason.INSTALL_FAILED, "it is no zip file"),
        (GOOD[:-200], Reason.INSTALL_FAILED, "it is no zip file"),
        (GOOD[: len(GOOD) // 2] + GOOD[len(GOOD) // 2 + 9 :], Reason.INSTALL_FAILED, "the bundle was not unpacked"),
        (bundle(PYTHON, {"../outside": "x"}), Reason.INSTALL_FAILED, "a path that leads out of it: ../outside"),
        (bundle(PYTHON, {"a/../../outside": "x"}), Reason.INSTALL_FAILED, "a path that leads out of it"),
        (bundle(PYTHON, {"/etc/cron.d/x": "x"}), Reason.INSTALL_FAILED, "an absolute path: (path)"),
        (bundle(PYTHON, {"C:/x": "x"}), Reason.INSTALL_FAILED, "an absolute path: C:/x"),
        (renamed(bundle(PYTHON, {"a/b": "x"}), "a/b", "a\\b"), Reason.INSTALL_FAILED, "an absolute path"),
        (renamed(bundle(PYTHON, {"a_b": "x"}), "a_b", "a\0b"), Reason.INSTALL_FAILED, "a name that no file has"),
        (renamed(bundle(PYTHON, {"a_b": "x"}), "a_b", "a\x1bb"), Reason.INSTALL_FAILED, "a name that no file has"),
        (bundle(PYTHON, {"x" * 2000: "x"}), Reason.INSTALL_FAILED, "a name that no file has"),
        (bundle(PYTHON, {f"{'x' * 300}": "x"}), Reason.INSTALL_FAILED, "it cannot be unpacked"),
        (LINK, Reason.INSTALL_FAILED, "a link or a device: a"),
        (bundle(PYTHON, {"a": ""}, a=stat.S_IFIFO | 0o666), Reason.INSTALL_FAILED, "a link or a device: a"),
        (renamed(bundle(PYTHON, {"aa": "1", "ab": "2"}), "ab", "aa"), Reason.INSTALL_FAILED, "one name twice: aa"),
        (bundle(PYTHON, {"a": "1", "a/b": "2"}), Reason.INSTALL_FAILED, "it cannot be unpacked"),
        (bundle(PYTHON, {"zeros": bytes(30_000_000)}), Reason.TOO_LARGE, "when unpacked"),
        (with_directory_size(GOOD, 2**31), Reason.TOO_LARGE, "whose directory has more than"),
        (GOOD[:-22] + b"PK\x06\x07" + bytes(16) + GOOD[-22:], Reason.TOO_LARGE, "more files than 65,535"),
        (bundle(None), Reason.INSTALL_FAILED, "the bundle has no manifest.json"),
        (bundle("{"), Reason.INSTALL_FAILED, "is no JSON"),
        (bundle("[" * 100_000), Reason.INSTALL_FAILED, "is no JSON"),
        (bundle("[]"), Reason.INSTALL_FAILED, "is no JSON object"),
        (bundle(manifest("node", "node", "\ud800")), Reason.INSTALL_FAILED, "half of a surrogate pair"),
        (bundle('{"user_config": {"a": {"default": NaN}}}'), Reason.INSTALL_FAILED, "holds NaN"),
        (bundle({"server": ["node"], "tools": {"a": 1}}), Reason.UNSUPPORTED, "no known runtime"),
    ],
)  # fmt: skip
def test_a_hostile_bundle_ends_with_its_own_outcome_and_leaves_nothing(tmp_path, monkeypatch, content, reason, words):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    outcome = refused(content, budget=replace(BUDGET, install_bytes=5_000_000))
    assert (outcome.reason, words in outcome.detail) == (reason, True), outcome
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_that_is_too_large_missing_or_another_is_not_unpacked():
    large = refused(GOOD, budget=replace(BUDGET, download_bytes=100))
    assert (large.reason, large.detail) == (Reason.TOO_LARGE, "sent a file of more than 100 bytes")
    other = refused(GOOD, Need("checksum", "SHA-256", value="0" * 64))
    assert other.reason is Reason.INSTALL_FAILED
    assert other.detail.startswith("the bundle has the SHA-256 ")
    with hosted({}, {"/a": "http://169.254.169.254/b", "/loop": "/loop"}) as host:
        reasons = []
        for place in ("gone", "a", "loop"):
            target = Target(TargetKind.MCPB, Transport.STDIO, f"{host}/{place}")
            outcome = asyncio.run(introspect(target, BUDGET, allow_private=True))
            assert isinstance(outcome, NotIntrospected)
            reasons.append(outcome.reason)
    assert reasons == [Reason.NOT_FOUND, Reason.ADDRESS_REFUSED, Reason.REDIRECTED]


def test_a_host_that_drips_a_bundle_is_left_after_a_while():
    gone = asyncio.Event()

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"P")
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()
        gone.set()

    async def run() -> Introspected | NotIntrospected:
        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            target = Target(TargetKind.MCPB, Transport.STDIO, f"http://127.0.0.1:{port}/acme.mcpb")
            outcome = await introspect(target, replace(BUDGET, install_seconds=0.4), allow_private=True)
            await gone.wait()
        return outcome

    outcome = asyncio.run(run())
    assert isinstance(outcome, NotIntrospected)
    assert (outcome.reason, outcome.detail) == (Reason.INSTALL_FAILED, "took longer than 0 s to fetch")


def test_only_what_is_a_tool_is_declared():
    tools = (
        '[{"name": "a"}, {"name": ""}, {"name": 1}, "x", null, {"name": "b", "weight": NaN}, {"name": "c", "x": []}]'
    )
    found = read_manifest(f'{{"tools": {tools}}}', "/app", BUDGET)
    assert [tool["name"] for tool in found.tools] == ["a", "c"]
    assert found.unfit is not None
