"""Packages from registries of our own on this machine: the install, the choice of command, the attempts in order."""

from __future__ import annotations

import asyncio
import json
import os
import zipfile
from dataclasses import replace

import pytest

from crawler.introspector import Budget, ecosystems, introspect, packages, registries, runtimes, sandbox
from crawler.records import Introspected, Need, NotIntrospected, Reason, Target, TargetKind, Transport
from tests.crawler.peers.packages import NODE_PEER, PEER, acting_wheel, peer_wheel, served, source_archive, wheel

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
    peer_wheel(world, "plain-peer", "modern", version="2.5", requires="Requires-Dist: helper\n")
    wheel(world, "helper", {}, "")
    outcome = listed(pypi("plain_peer"))
    assert (outcome.attempt.name, outcome.attempt.resolved) == ("bare", "2.5")
    assert outcome.attempt.command == "/app/venv/bin/plain-peer"
    assert outcome.attempt.installed == ("helper==1.0", "plain-peer==2.5")
    assert outcome.complete


@boxed
def test_what_a_process_says_it_lacks_is_made_up_and_said_so(world):
    peer_wheel(world, "key-peer", "key")
    for needs in ((), (Need("env", "PEER_API_KEY"),), (Need("env", "PEER_API_KEY", required=True),)):
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
@pytest.mark.parametrize("mends", [True, False])
def test_what_the_package_says_on_an_older_sdk_is_the_truth_about_it(world, mends):
    start = "import mcp\n    if mcp.VERSION > 1: sys.exit(\"ModuleNotFoundError: No module named 'mcp.server.acme'\")"
    rest = f"if not os.environ.get('ACME_KEY') or not {mends}: sys.exit('ACME_KEY is not set')"
    code = PEER.replace("BEHAVIOURS[sys.argv[1]]()", f"{start}\n    {rest}\n    BEHAVIOURS['modern']()")
    wheel(world, "old-peer", {"old-peer": "main"}, code, requires="Requires-Dist: mcp>=1\n")
    wheel(world, "mcp", {}, "VERSION = 1\n", version="1.9")
    wheel(world, "mcp", {}, "VERSION = 2\n", version="2.1")
    if mends:
        assert listed(pypi("old-peer")).attempt.command.startswith("ACME_KEY=0000")
        return
    outcome = refused(pypi("old-peer"))
    assert outcome.reason is Reason.NEEDS_CONFIGURATION
    assert outcome.detail.startswith("ACME_KEY is not set (that is with an older SDK; as it is: ModuleNotFoundError")


@boxed
def test_the_step_that_runs_sees_no_credential_and_no_network_of_the_step_that_installs(world, monkeypatch):
    monkeypatch.setenv("UV_INDEX_PRIVATE_PASSWORD", "do-not-tell")
    registries.pypi_access.cache_clear()
    assert registries.pypi_access().environment["UV_INDEX_PRIVATE_PASSWORD"] == "do-not-tell"
    acting_wheel(world, "spy-peer", "serve([tool(json.dumps(dict(env)))])")
    environment = json.loads(listed(pypi("spy-peer")).tools[0]["description"])
    assert set(environment) <= {"HOME", "PATH", "LANG", "USER", "PWD", "LC_CTYPE"}
    assert str(world) not in str(environment)


@boxed
def test_nothing_is_built(world):
    source_archive(world, "trap-peer", f"open({str(world / 'built')!r}, 'w')\n")
    outcome = refused(pypi("trap-peer"))
    assert (outcome.reason, outcome.detail) == (
        Reason.INSTALL_FAILED, "trap-peer is published without a wheel, and building one would run its code",
    )  # fmt: skip
    assert not (world / "built").exists()


@boxed
@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("--index-url=http://x", None),
        ("../x", None),
        ("git+https://x/y", None),
        ("nowhere", "1; x"),
        ("a\0b", None),
    ],
)
def test_what_is_no_name_is_not_installed(world, name, version):
    assert refused(pypi(name, version=version)).reason is Reason.INSTALL_FAILED


@boxed
def test_what_the_registry_does_not_have_is_not_found(world, npm):
    peer_wheel(world, "here-peer", "modern")
    npm.add("here-peer", {"cli.js": NODE_PEER}, bin="cli.js")
    for kind in (TargetKind.PYPI, TargetKind.NPM):
        for name, version in (("nowhere-peer", None), ("here-peer", "9.0")):
            assert refused(Target(kind, Transport.STDIO, name, version)).reason is Reason.NOT_FOUND


@boxed
@pytest.mark.parametrize(
    ("attributes", "reason", "detail"),
    [
        ('data-yanked="use the other peer"', Reason.INSTALL_FAILED,
         'its author has withdrawn all versions of gone-peer: "use the other peer"'),
        ('data-requires-python="&gt;=3.99"', Reason.NO_RUNTIME, "it asks for Python >=3.99"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("world")
def test_the_registry_is_asked_why_there_is_no_wheel(monkeypatch, attributes, reason, detail):
    names = ("gone_peer-1.0-py3-none-any.whl", "gone_peer-1.0.tar.gz")
    links = (f'<a href="/f/{name}" {attributes}>{name}</a>' for name in names)
    with served({"/simple/gone-peer/": "".join(links)}) as registry:
        monkeypatch.delenv("UV_NO_INDEX")
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"{registry}/simple/")
        outcome = refused(pypi("gone.peer"))
    assert (outcome.reason, outcome.detail[: len(detail)]) == (reason, detail)


@boxed
def test_a_package_for_another_python_waits_for_another_machine(world):
    peer_wheel(world, "newer-peer", "modern", requires="Requires-Python: >=3.99\n")
    outcome = refused(pypi("newer-peer"))
    assert outcome.reason is Reason.NO_RUNTIME
    assert outcome.detail.startswith("it asks for Python >=3.99, and this machine has ")


@boxed
def test_a_package_for_another_node_waits_for_another_machine_if_it_does_not_run_here(npm):
    npm.add("newer-peer", {"cli.js": NODE_PEER}, bin="cli.js", engines={"node": ">=99"})
    listed(Target(TargetKind.NPM, Transport.STDIO, "newer-peer"))
    broken = "#!/usr/bin/env node\nprocess.fromTheFuture()\n"
    npm.add("newest-peer", {"cli.js": broken}, bin="cli.js", engines={"node": ">=99"})
    outcome = refused(Target(TargetKind.NPM, Transport.STDIO, "newest-peer"))
    assert outcome.reason is Reason.NO_RUNTIME
    assert outcome.detail.startswith("it asks for Node >=99, and this machine has ")
    assert outcome.detail.endswith("fromTheFuture is not a function")


@boxed
def test_extras_are_installed_and_the_named_command_is_started(world):
    part = "\n    try: import extra_part\n    except ImportError: sys.exit('part is not installed')"
    code = PEER.replace("\n    BEHAVIOURS[sys.argv[1]]()", f"{part}\n    BEHAVIOURS['modern']()")
    requires = "Provides-Extra: part\nRequires-Dist: extra-part; extra == 'part'\n"
    wheel(world, "whole-peer", {"serve": "main", "other": "main"}, code, requires=requires)
    wheel(world, "extra-part", {}, "")
    chosen = Need("command", "", value="serve")
    assert refused(pypi("whole-peer", chosen)).detail == "part is not installed"
    outcome = listed(pypi("whole-peer", Need("extra", "part"), chosen))
    assert outcome.attempt.command == "/app/venv/bin/serve"
    outcome = refused(pypi("whole-peer", Need("command", "", value="../../bin/sh")))
    assert (outcome.reason, outcome.detail) == (
        Reason.NO_COMMAND, "whole-peer has no command ../../bin/sh; it has other, serve",
    )  # fmt: skip


WANTS_KEY = "if not env.get('ACME_API_KEY'): sys.exit('Error: ACME_API_KEY is required')"


@boxed
@pytest.mark.parametrize(
    ("act", "reason", "words"),
    [
        ("time.sleep(60)", Reason.TIMED_OUT, ["no answer to initialize in time, without a network"]),
        ("print('asking acme', file=sys.stderr); time.sleep(60)", Reason.TIMED_OUT, ['it said "asking acme"']),
        ("socket.getaddrinfo('api.acme.invalid', 443)", Reason.NEEDS_NETWORK, ["socket.gaierror"]),
        ("sys.exit('Error: a rejected key')", Reason.NEEDS_CONFIGURATION, []),
        ("sys.exit('widget exploded')", Reason.NEEDS_CONFIGURATION, []),
    ],
)
def test_the_attempt_that_got_furthest_gives_the_reason(world, act, reason, words):
    acting_wheel(world, "acme-peer", f"{WANTS_KEY}\n{act}")
    outcome = refused(pypi("acme-peer"), replace(BUDGET, start_seconds=2, package_seconds=4))
    assert outcome.reason is reason
    for word in (*words, "Error: ACME_API_KEY is required"):
        assert word in outcome.detail
    assert ("with made-up values" in outcome.detail) is (reason is not Reason.NEEDS_CONFIGURATION)


@boxed
def test_what_ends_in_silence_until_it_has_values_needs_configuration_by_what_it_says_then(world):
    acting_wheel(world, "mute-peer", "sys.exit('Error: invalid API key' if env.get('ACME_API_KEY') else 1)")
    outcome = refused(pypi("mute-peer", Need("env", "ACME_API_KEY", required=True)))
    assert outcome.reason is Reason.NEEDS_CONFIGURATION
    assert outcome.detail.startswith("Error: invalid API key (that is with made-up values; as it is: ended with exit")


@boxed
def test_values_that_a_process_says_it_accepts_are_given_to_it(world):
    refusal = "f'Invalid tier: {tier}. Valid: gold, tin'"
    act = f"tier = env.get('ACME_TIER')\nif tier not in ('gold', 'tin'): sys.exit({refusal})"
    acting_wheel(world, "tier-peer", act)
    outcome = listed(pypi("tier-peer", Need("env", "ACME_TIER", required=True)))
    assert outcome.attempt.name == "dummy-values"
    assert outcome.attempt.command == "ACME_TIER=gold /app/venv/bin/tier-peer"


@boxed
def test_what_is_optional_is_not_filled_in_and_what_was_not_taken_is_left_out(world):
    act = "if 'ACME_HOST' in env: sys.exit('Error: ACME_HOST is not a known host')"
    acting_wheel(world, "host-peer", f"{WANTS_KEY}\n{act}")
    for needs in ((Need("env", "ACME_HOST"),), (Need("env", "ACME_HOST", required=True),)):
        outcome = listed(pypi("host-peer", *needs, Need("env", "ACME_API_KEY", required=True)))
        assert outcome.attempt.command == f"ACME_API_KEY={'0' * 36} /app/venv/bin/host-peer"


@boxed
@pytest.mark.parametrize(("tools", "name"), [("tool()", "dummy-values"), ("", "bare")])
def test_a_server_that_lists_nothing_is_asked_again_with_what_it_requires(world, tools, name):
    acting_wheel(world, "empty-peer", f"serve([{tools}] if 'ACME_KEY' in env else [], modern=False)")
    outcome = listed(pypi("empty-peer", Need("env", "ACME_KEY", required=True)))
    assert (outcome.attempt.name, len(outcome.tools), outcome.complete) == (name, bool(tools), True)


@boxed
def test_missing_arguments_are_made_up(world):
    act = (
        "if sys.argv[1:] != ['stdio']: "
        "sys.exit('usage: x {sse,stdio}\\nx: error: the following arguments are required: transport')"
    )
    acting_wheel(world, "argument-peer", act)
    assert listed(pypi("argument-peer")).attempt.command == "/app/venv/bin/argument-peer stdio"


@boxed
def test_a_refusal_on_standard_output_is_read_too(world):
    acting_wheel(world, "loud-peer", "print('Error: ACME_API_KEY is required'); sys.exit(1)")
    outcome = refused(pypi("loud-peer"))
    assert (outcome.reason, outcome.detail) == (Reason.NEEDS_CONFIGURATION, "Error: ACME_API_KEY is required")


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
        Reason.NO_COMMAND, "vague-peer has no command of its own name; it has one, two",
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


def test_what_is_not_run_is_recorded():
    outcome = ask(Target(TargetKind.NUGET, Transport.STDIO, "Acme.Server"))
    assert isinstance(outcome, NotIntrospected)
    assert (outcome.reason, outcome.detail.partition(":")[0]) == (
        Reason.UNSUPPORTED, "nuget packages are recorded and not run",
    )  # fmt: skip
    for kind in (TargetKind.NPM, TargetKind.OCI, TargetKind.MCPB):
        outcome = ask(Target(kind, Transport.STREAMABLE_HTTP, "x"))
        assert isinstance(outcome, NotIntrospected)
        assert outcome.reason is Reason.UNSUPPORTED


def test_without_a_sandbox_or_a_runtime_nothing_runs(monkeypatch):
    monkeypatch.setattr(sandbox, "fault", lambda *_: "bubblewrap is not installed")
    outcome = ask(pypi("x"))
    assert isinstance(outcome, NotIntrospected)
    assert (outcome.reason, outcome.detail) == (Reason.NO_SANDBOX, "bubblewrap is not installed")
    monkeypatch.setattr(sandbox, "fault", lambda *_: None)
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
    assert outcome.attempt.installed == ("@scope/node-peer@1.0.0", "helper@1.0.0")
    assert "Bearer from-the-environment" in npm.logins


@boxed
def test_npms_own_words_are_the_reason_of_a_failed_install(npm):
    npm.add("needy-peer", {}, dependencies={"not-there": "1.0.0"})
    outcome = refused(Target(TargetKind.NPM, Transport.STDIO, "needy-peer"))
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
