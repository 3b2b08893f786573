"""What a crawl says beforehand of limits that do not hold: each is taken away in turn, and is then missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.introspector import control_groups, limits, sandbox, shortcomings, system_calls, usage
from crawler.records import Level

boxed = pytest.mark.skipif(sandbox.fault() is not None, reason=str(sandbox.fault()))


@pytest.fixture(autouse=True)
def _grouped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_groups, "top", lambda: Path("/"))


def without(monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    """Make boxes without these options, their values included."""
    for name in ("_limits", "_isolation"):
        words = getattr(sandbox, name)

        def fewer(*given, words=words) -> list[str]:
            return [word for word in words(*given) if word.partition("=")[0] not in options]

        monkeypatch.setattr(sandbox, name, fewer)


@boxed
def test_where_every_limit_holds_nothing_is_said():
    assert limits.unenforced(Level.BUBBLEWRAP) == ()


@boxed
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fsize"], "the size of a file"),
        (["--data"], "the memory of a package's process"),
        (["--cpu"], "the processor time"),
        (["--nofile"], "has open"),
        (["--nproc"], "the number of a package's processes"),
        (["--unshare-net"], "a network"),
    ],
)
def test_a_limit_that_does_not_hold_is_named(monkeypatch, options, words):
    without(monkeypatch, *options)
    (line,) = limits.unenforced(Level.BUBBLEWRAP)
    assert words in line


@boxed
def test_so_are_file_systems_without_a_size(monkeypatch):
    isolation, size = sandbox._isolation, str(limits._SMALL.scratch_bytes)
    roomy = lambda *given: [word.replace(size, "1000000000") for word in isolation(*given)]  # noqa: E731
    monkeypatch.setattr(sandbox, "_isolation", roomy)
    (line,) = limits.unenforced(Level.BUBBLEWRAP)
    assert "its own file systems" in line


@boxed
def test_so_are_system_calls_that_are_not_filtered(monkeypatch):
    monkeypatch.setattr(system_calls, "refusals", lambda _: None)
    assert [line for line in limits.unenforced(Level.BUBBLEWRAP) if "system calls are not filtered" in line]
    without(monkeypatch, "--disable-userns")
    assert [line for line in limits.unenforced(Level.BUBBLEWRAP) if "namespaces of its own" in line]


@boxed
def test_so_is_a_box_that_cannot_be_seen_and_one_without_a_group(monkeypatch):
    monkeypatch.setattr(usage, "files_in_memory", lambda *_: 0)
    monkeypatch.setattr(limits, "_SECONDS", 0.3)
    monkeypatch.setattr(control_groups, "top", lambda: None)
    unseen, ungrouped = limits.unenforced(Level.BUBBLEWRAP)
    assert "cannot be watched" in unseen
    assert "no control group" in ungrouped


def test_without_a_sandbox_that_is_all_there_is_to_say(monkeypatch):
    monkeypatch.setattr(sandbox, "fault", lambda *_: "bubblewrap is not installed")
    assert shortcomings(Level.BUBBLEWRAP) == ("packages are not introspected: bubblewrap is not installed",)
