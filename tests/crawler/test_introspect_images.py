"""Container images: fetched from a registry on loopback and, where podman or docker works, really run."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import time
from dataclasses import replace

import pytest

from crawler.introspector import Budget, containers, introspect, sweep, workplace
from crawler.introspector.budget import Stopped
from crawler.introspector.image_registry import Reference, _Inflated
from crawler.records import Introspected, Need, NotIntrospected, Reason, Target, TargetKind, Transport
from tests.crawler.peers.images import (
    SERVER,
    ImageRegistry,
    digest,
    image_registry,
    machine,
    scripted_engine,
    shell_layer,
)

runs = pytest.mark.skipif(containers.fault() is not None, reason=str(containers.fault()))
BUDGET = Budget(start_seconds=4, package_seconds=8, request_seconds=4, install_seconds=30)

PATIENT = replace(BUDGET, start_seconds=20, package_seconds=40)
"""For what ends by a limit of its own, however busy the machine is."""


@pytest.fixture(autouse=True)
def _own_containers(monkeypatch):
    """Name the containers of this process so that those of other tests, and of a crawl, are told from them."""
    monkeypatch.setattr(containers, "_PREFIX", f"mcp-box-test-{os.getpid()}-")


@pytest.fixture
def registry():
    with image_registry() as served:
        yield served


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """A stand-in for podman, where none is needed: `calls` has what it was told, `loaded.tar` what it was given."""
    server = tmp_path / "server"
    server.write_text(SERVER.replace("{act}", "said=$HOME"))
    found = containers.Engine(str(scripted_engine(tmp_path, server)))
    monkeypatch.setattr(containers, "engine", lambda: found)
    monkeypatch.setattr(containers, "fault", lambda: None)
    return tmp_path


def ask(
    registry: ImageRegistry,
    name: str = "acme/peer",
    version: str | None = None,
    *needs: Need,
    budget: Budget = BUDGET,
    allow_private: bool = True,
) -> Introspected | NotIntrospected:
    target = Target(TargetKind.OCI, Transport.STDIO, f"{registry.host}/{name}", version, needs)
    return asyncio.run(introspect(target, budget, allow_private=allow_private))


def listed(*arguments, **options) -> Introspected:
    outcome = ask(*arguments, **options)
    assert isinstance(outcome, Introspected), outcome
    return outcome


def refused(*arguments, **options) -> NotIntrospected:
    outcome = ask(*arguments, **options)
    assert isinstance(outcome, NotIntrospected), outcome
    return outcome


def left(*words: str) -> bool:
    """Tell whether the engine's answer names a container or image of ours; others may have theirs."""
    engine = containers.require()
    done = subprocess.run([engine.program, *words], capture_output=True, text=True, check=True)
    return containers._PREFIX in done.stdout


@runs
def test_an_image_is_fetched_run_and_removed(registry):
    resolved = registry.add("acme/peer", shell_layer(), "1.2")
    outcome = listed(registry, version="1.2")
    assert [tool["name"] for tool in outcome.tools] == ["peer"]
    assert (outcome.attempt.name, outcome.attempt.resolved, outcome.complete) == ("bare", resolved, True)
    assert outcome.attempt.command.endswith(f"{registry.host}/acme/peer@{resolved}")
    assert not left("images", "--all")
    assert not left("ps", "--all")


@runs
def test_a_container_sees_and_changes_nothing(registry):
    look = """said=
    for place in / /usr /etc /dev /proc/sys/kernel/hostname; do
      (echo x > $place/new || echo x > $place) 2>/dev/null && said="$said wrote:$place"; done
    for place in /tmp /home/u; do echo x > $place/new || said="$said not:$place"; done
    while read -r key value rest; do case $key in
      CapEff:|CapBnd:|NoNewPrivs:|Uid:) said="$said $key$value";; esac; done < /proc/self/status
    while read -r device rest; do case $device in *:*) said="$said $device";; esac; done < /proc/net/dev
    while read -r device place rest; do case $place in *home*|*root*) said="$said $place";; esac; done < /proc/mounts
    """
    registry.add("acme/peer", shell_layer(look))
    said = listed(registry).tools[0]["description"].split()
    owner = int(next(word for word in said if word.startswith("Uid:")).removeprefix("Uid:"))
    assert owner in range(61184, 65520)
    assert {word for word in said if not word.startswith("Uid:")} == {
        "CapEff:0000000000000000", "CapBnd:0000000000000000", "NoNewPrivs:1", "lo:", "/home/u",
    }  # fmt: skip


@runs
def test_an_image_gets_no_volume_and_no_check_of_its_health(registry):
    asked = {"Volumes": {"/data": {}}, "Healthcheck": {"Test": ["CMD", "/server"]}, "Env": ["MODE=own"]}
    registry.add("acme/peer", shell_layer("said=$MODE; (echo x > /data/file) 2>/dev/null && said=wrote"), **asked)
    assert listed(registry).tools[0]["description"] == "own"


@runs
def test_a_layer_that_leads_outside_writes_nothing_there(registry, tmp_path):
    buffer = io.BytesIO(shell_layer())
    with tarfile.open(fileobj=buffer, mode="a") as archive:
        link = tarfile.TarInfo("way")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
        archive.addfile(link)
        for place in ("way/by-link", f"../../../../../../../../../..{tmp_path}/by-dots"):
            archive.addfile(tarfile.TarInfo(place))
    registry.add("acme/peer", buffer.getvalue())
    ask(registry)
    assert list(tmp_path.iterdir()) == []
    assert not left("images", "--all")


@runs
@pytest.mark.parametrize(
    ("act", "limits", "outcome"),
    [
        ("x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done", {"box_memory": 64 * 2**20},
         (Reason.TOO_LARGE, "used more memory than the box has")),
        ("while :; do :; done", {"cpu_seconds": 1}, (Reason.START_FAILED, "ended with exit code 137 and said nothing")),
        ("trap '' TERM INT HUP; exec 0<&-; while :; do :; done", {"start_seconds": 1, "package_seconds": 1.5},
         (Reason.TIMED_OUT, "no answer to initialize in time, without a network")),
        ("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", {},
         (Reason.TOO_LARGE, "sent more than 2000 messages in one session")),
    ],
    ids=["memory", "processor", "signals", "output"],
)  # fmt: skip
def test_limits_hold_in_a_container_and_nothing_outlives_it(registry, act, limits, outcome):
    registry.add("acme/peer", shell_layer(act))
    found = refused(registry, budget=replace(PATIENT, **limits))
    assert (found.reason, found.detail.partition(";")[0]) == outcome
    assert not left("ps", "--all")


@runs
def test_a_fork_bomb_meets_the_process_limit(registry):
    bomb = "said=; n=0; while [ $n -lt 50 ]; do (while :; do read -r x < /dev/zero; done) & n=$((n + 1)); done"
    registry.add("acme/peer", shell_layer(bomb))
    found = refused(registry, budget=replace(PATIENT, processes=10))
    assert (found.reason, "fork" in found.detail) == (Reason.START_FAILED, True)
    assert not left("ps", "--all")


@runs
def test_a_killed_crawls_container_is_ended_by_the_next(registry, tmp_path):
    registry.add("acme/peer", shell_layer("while :; do read -r x < /dev/zero; done"))
    program = (
        "import asyncio\nfrom crawler.introspector import containers, introspect, workplace\n"
        "from crawler.records import *\n"
        f"workplace._PREFIX, containers._PREFIX = {workplace._PREFIX!r}, {containers._PREFIX!r}\n"
        f"target = Target(TargetKind.OCI, Transport.STDIO, '{registry.host}/acme/peer')\n"
        "asyncio.run(introspect(target, allow_private=True))\n"
    )
    crawl = subprocess.Popen([sys.executable, "-c", program])
    for _ in range(100):
        if left("ps"):
            break
        time.sleep(0.1)
    crawl.kill()
    crawl.wait()
    assert left("ps")
    assert sweep() == 1
    assert not left("ps", "--all")
    assert not left("images", "--all")


def test_the_engine_is_told_every_limit_and_to_clean_up(registry, engine):
    registry.add("acme/peer", shell_layer(), Labels={"io.containers.capabilities": "all"}, Volumes={"/data": {}})
    outcome = listed(registry, "acme/peer", None, Need("env", "MODE", value="a b"), Need("argument", "--x", value="1"))
    assert outcome.tools[0]["description"]
    load, run, gone, *rest = (engine / "calls").read_text().splitlines()
    name = run.split()[2]
    assert load.startswith("load --quiet --input ")
    for word in (
        *("--network=none", "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", "--pull=never"),
        *("--pids-limit=128", f"--memory={BUDGET.box_memory}", "--cpus=1", "--log-driver=none", "--env=MODE=a b"),
    ):
        assert f" {word} " in run
    assert run.endswith(f" localhost/{name}:latest --x 1")
    assert [gone, *rest] == [f"rm --force {name}", f"rm --force {name}", f"rmi --force localhost/{name}:latest"]
    with tarfile.open(engine / "loaded.tar") as archive:
        manifest, config = (json.loads(archive.extractfile(f"{name}.json").read()) for name in ("manifest", "config"))
    assert config["config"] == {"Entrypoint": ["/server"]}
    assert manifest[0]["RepoTags"] == [f"localhost/{name}:latest"]


def test_without_an_engine_or_with_a_broken_one_the_outcome_says_so(registry, tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "engine", lambda: None)
    containers.fault.cache_clear()
    outcome = refused(registry)
    assert (outcome.reason, outcome.detail) == (Reason.NO_RUNTIME, "neither podman nor docker is installed")
    broken = tmp_path / "docker"
    broken.write_text("#!/bin/sh\necho Cannot connect to the Docker daemon >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(containers, "engine", lambda: containers.Engine(str(broken)))
    containers.fault.cache_clear()
    outcome = refused(registry)
    assert outcome.reason is Reason.NO_SANDBOX
    assert outcome.detail == "docker cannot load the image: Cannot connect to the Docker daemon"
    assert not registry.asked
    containers.fault.cache_clear()


@pytest.mark.usefixtures("engine")
def test_an_index_is_resolved_for_this_machine_and_a_token_fetched_that_anybody_gets(registry):
    own = registry.add("acme/peer", shell_layer(), "own")
    entries = [
        {"digest": digest(b"other"), "size": 1, "platform": {"os": "linux", "architecture": "s390x"}},
        {"digest": own, "size": 1, "platform": {"os": "linux", "architecture": machine()}},
    ]
    registry.manifest("acme/peer", "2.0", {"manifests": entries})
    registry.manifest("acme/peer", "other", {"manifests": entries[:1]})
    registry.token = "for-anybody"
    assert listed(registry, version="2.0").attempt.resolved == own
    assert "/token?scope=repository%3Aacme%2Fpeer%3Apull&service=test" in registry.asked
    assert refused(registry, version="other").reason is Reason.NO_RUNTIME


@pytest.mark.usefixtures("engine")
def test_a_login_does_not_follow_a_redirect_and_addresses_are_checked(registry):
    registry.add("acme/peer", shell_layer())
    blob = next(path for path in registry.files if "blobs" in path)
    with image_registry() as store:
        store.files["/elsewhere"] = registry.files[blob]
        registry.redirects[blob] = f"http://{store.host}/elsewhere"
        registry.token = "for-anybody"
        listed(registry)
        assert (store.asked, store.logins) == (["/elsewhere"], [None])
    registry.redirects[blob] = "http://169.254.169.254/latest"
    assert refused(registry).reason is Reason.ADDRESS_REFUSED
    assert refused(registry, allow_private=False).reason is Reason.ADDRESS_REFUSED


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        ("missing", Reason.NOT_FOUND, "HTTP 404 for the image"),
        ("swapped layer", Reason.INSTALL_FAILED, "another than its manifest says"),
        ("longer layer", Reason.TOO_LARGE, "sent a file of more than"),
        ("bomb", Reason.TOO_LARGE, "when unpacked"),
        ("large", Reason.TOO_LARGE, "an image of more than"),
        ("not json", Reason.PROTOCOL_ERROR, "no JSON"),
        ("many layers", Reason.INSTALL_FAILED, "up to 127 layers"),
        ("odd digest", Reason.INSTALL_FAILED, "by SHA-256 and size"),
        ("zstd", Reason.UNSUPPORTED, "zstd"),
        ("odd config", Reason.INSTALL_FAILED, "holds NaN"),
        ("no command", Reason.NO_COMMAND, "starts nothing by itself"),
        ("wrong digest", Reason.INSTALL_FAILED, "another than its digest says"),
    ],
)  # fmt: skip
def test_a_hostile_registry_ends_with_its_own_outcome(registry, engine, change, reason, words):
    version, budget = None, replace(BUDGET, install_bytes=4_000_000, download_bytes=3_000_000)
    config = {"no command": {"Entrypoint": []}, "odd config": {"Env": [float("nan")]}}
    registry.add("acme/peer", shell_layer(), **config.get(change, {}))
    blob = max((path for path in registry.files if "blobs" in path), key=lambda path: len(registry.files[path][2]))
    status, kind, content = registry.files[blob]
    manifest = "/v2/acme/peer/manifests/latest"
    document = json.loads(registry.files[manifest][2])
    if change == "missing":
        version = "9.9"
    elif change == "swapped layer":
        registry.files[blob] = (status, kind, bytes(len(content)))
    elif change == "longer layer":
        registry.files[blob] = (status, kind, content + b"x")
    elif change == "bomb":
        registry.add("acme/peer", bytes(50_000_000))
    elif change == "large":
        budget = replace(budget, download_bytes=1000)
    elif change == "not json":
        registry.files[manifest] = (200, kind, b"<html>")
    elif change == "many layers":
        registry.manifest("acme/peer", "latest", {**document, "layers": document["layers"] * 128})
    elif change == "odd digest":
        registry.manifest("acme/peer", "latest", {**document, "layers": [{"digest": "sha256:../../x", "size": 1}]})
    elif change == "zstd":
        layer = registry.blob("acme/peer", b"\x28\xb5\x2f\xfd" + b"x")
        registry.manifest("acme/peer", "latest", {**document, "layers": [layer]})
    elif change == "wrong digest":
        version = digest(b"what was asked for")
        registry.put("acme/peer", f"manifests/{version}", registry.files[manifest][2])
    outcome = refused(registry, version=version, budget=budget)
    assert (outcome.reason, words in outcome.detail) == (reason, True), outcome
    assert not (engine / "calls").exists() or " run " not in (engine / "calls").read_text()


def test_a_layer_of_several_gzip_members_is_counted_whole():
    inflated = _Inflated(1_000)
    inflated.begin()
    with pytest.raises(Stopped):
        inflated.take(gzip.compress(bytes(600)) + gzip.compress(bytes(600)))


@pytest.mark.parametrize(
    ("address", "version", "url"),
    [
        ("alpine", None, "https://registry-1.docker.io/v2/library/alpine"),
        ("mcp/git", "1", "https://registry-1.docker.io/v2/mcp/git"),
        ("docker.io/mcp/git", "1", "https://registry-1.docker.io/v2/mcp/git"),
        ("ghcr.io/acme/peer", "1", "https://ghcr.io/v2/acme/peer"),
        ("localhost:5000/peer", "1", "http://localhost:5000/v2/peer"),
    ],
)
def test_a_reference_is_read_as_engines_do(address, version, url):
    reference = Reference.of(Target(TargetKind.OCI, Transport.STDIO, address, version))
    assert reference.url == url


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("name", ["acme/../peer", "acme/peer?x", "Acme/Peer", "acme//peer", "--privileged"])
def test_what_is_no_name_of_an_image_is_not_asked_for(registry, name):
    assert refused(registry, name).reason is Reason.INSTALL_FAILED
    assert not registry.asked
