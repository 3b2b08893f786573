from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.records import Listing, SourceError
from crawler.run import SourceRequest, discover, sources
from crawler.spiders import source_spiders
from tests.crawler.peers.sources import Answer, Collected, cursor_of, page, registry, second_page
from tests.ecosystem import Ecosystem, running

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ecosystem() -> Iterator[Ecosystem]:
    with running(servers=250) as started:
        yield started


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
