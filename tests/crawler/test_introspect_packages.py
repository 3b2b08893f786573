"""Packages from registries of our own on this machine: the install, the choice of command, the attempts in order."""

from __future__ import annotations

import asyncio
import io
import json
import os
import tarfile
import zipfile
from dataclasses import replace

import pytest

from crawler.introspector import Budget, ecosystems, introspect, packages, registries, runtimes, sandbox
from crawler.records import Introspected, Need, NotIntrospected, Reason, Target, TargetKind, Transport
from tests.crawler.peers.packages import NODE_PEER, PEER, peer_wheel, wheel

boxed = pytest.mark.skipif(sandbox.fault() is not None, reason=str(sandbox.fault()))
BUDGET = Budget(start_seconds=6, package_seconds=10, install_seconds=60)


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
