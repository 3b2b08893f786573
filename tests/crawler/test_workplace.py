"""The folders of packages: gone with their maker, or swept away by the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from crawler.introspector import sweep, workplace
from crawler.introspector.workplace import Workplace

MAKER = """
import sys, time
from crawler.introspector import workplace
workplace._PREFIX = sys.argv[1]
made = workplace.Workplace()
(made.path / "app").mkdir()
(made.path / "app" / "file").write_text("x")
(made.path / "app").chmod(0)
print(made.path, flush=True)
time.sleep(60)
"""


@pytest.fixture
def abandoned():
    """A folder whose maker was killed."""
    maker = subprocess.Popen([sys.executable, "-c", MAKER, workplace._PREFIX], stdout=subprocess.PIPE, text=True)
    assert maker.stdout is not None
    place = Path(maker.stdout.readline().strip())
    assert sweep() == 0  # its maker lives
    assert place.is_dir()
    os.kill(maker.pid, signal.SIGKILL)
    maker.wait()
    maker.stdout.close()
    return place


def test_what_a_killed_process_left_is_deleted_and_what_is_in_use_is_not(abandoned):
    mine = Workplace()
    assert sweep() == 1
    assert not abandoned.exists()
    assert mine.path.is_dir()
    mine.remove()
    assert not mine.path.exists()


def test_what_only_looks_like_a_workplace_is_left_alone(tmp_path):
    elsewhere = tmp_path / "kept"
    elsewhere.mkdir()
    (elsewhere / "lock").write_text("")
    link = Path(tempfile.gettempdir(), f"{workplace._PREFIX}link")
    bare = Path(tempfile.gettempdir(), f"{workplace._PREFIX}bare")
    link.symlink_to(elsewhere)
    bare.mkdir()
    try:
        assert sweep() == 0
        assert (elsewhere / "lock").exists()
    finally:
        link.unlink()
        bare.rmdir()
