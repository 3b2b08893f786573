from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue.site import urls
from catalogue.site.building import build, workers
from catalogue.site.files.manifest import Part
from catalogue.site.files.swap import OURS
from tests.site.shelf import DEFINITIONS


def contents(folder: Path) -> dict[str, bytes]:
    """All files but the manifest, of which only what it says is the same in two builds."""
    files = (path for path in folder.rglob("*") if path.is_file() and OURS not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_many_processes_build_the_same_site_as_one(shelf, publish, tmp_path, monkeypatch):
    for number in range(12):
        shelf.add(f"server-{number}", DEFINITIONS)
    publish(shelf, tmp_path / "one")
    monkeypatch.setattr(workers, "_ALONE", 1)
    monkeypatch.setattr(workers, "_processors", lambda: 2)
    publish(shelf, tmp_path / "two")
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one == two
    assert urls.tool("server-11", "delete_file") in one


@pytest.fixture
def rendered(monkeypatch) -> list[str]:
    """The names of the parts that are rendered from now on."""
    names: list[str] = []
    make = workers._make

    def noted(job, shared):
        names.append(job.name)
        return make(job, shared)

    monkeypatch.setattr(workers, "_make", noted)
    return names


def test_what_has_not_changed_is_not_rendered_again(shelf, publish, rendered, tmp_path):
    first = publish(shelf)
    assert len(rendered) > 50
    before = contents(tmp_path / "site")
    rendered.clear()
    again = publish(shelf)
    assert rendered == []
    assert (again.files, again.bytes, again.written, again.removed) == (first.files, first.bytes, 0, 0)
    assert contents(tmp_path / "site") == before


def test_one_changed_definition_renders_its_server_and_its_lists(shelf, publish, rendered, tmp_path):
    shelf.add("changes", [{"name": "get_thing", "description": "Get a thing."}])
    publish(shelf)
    rendered.clear()
    shelf.add("changes", [{"name": "get_thing", "description": "Get a thing by its id."}])
    publish(shelf)
    assert urls.server("changes") in rendered
    assert urls.category("read") in rendered
    assert urls.server("io.github.acme/files") not in rendered
    assert urls.category("financial") not in rendered
    publish(shelf, tmp_path / "fresh")
    one, two = contents(tmp_path / "site"), contents(tmp_path / "fresh")
    assert {path for path in one if one[path] != two.get(path)} == set()
    assert one.keys() == two.keys()


def test_new_code_and_lost_files_are_rendered_again(shelf, publish, rendered, tmp_path, monkeypatch):
    publish(shelf)
    rendered.clear()
    lost = tmp_path / "site" / urls.tool("io.github.acme/files", "delete_file")
    lost.unlink()
    assert publish(shelf).written == 1
    assert rendered == [urls.server("io.github.acme/files")]
    assert lost.is_file()
    rendered.clear()
    monkeypatch.setattr(build, "of_program", lambda: b"new")
    assert publish(shelf).written == 0
    assert urls.METHOD in rendered


def test_a_build_that_was_killed_is_resumed(shelf, publish, rendered, tmp_path, monkeypatch):
    publish(shelf, tmp_path / "whole")
    rendered.clear()
    with monkeypatch.context() as patched:
        patched.setattr(build, "_overview_jobs", _killed)
        with pytest.raises(KeyboardInterrupt):
            publish(shelf)
    assert len(rendered) == 3
    again = publish(shelf)
    assert again.written == again.files
    assert len(rendered) == len(set(rendered))
    assert contents(tmp_path / "site") == contents(tmp_path / "whole")


def _killed(*_: object) -> Iterator[Part]:
    raise KeyboardInterrupt
    yield


def test_an_unchanged_server_is_not_even_read(shelf, publish, monkeypatch):
    shelf.add("new", [{"name": "unlike_any_other"}])
    publish(shelf)
    shelf.add("new", [{"name": "unlike_any_other", "description": "Now it has one."}])
    read: list[int] = []
    load = shelf.tools_by_id
    monkeypatch.setattr(shelf, "tools_by_id", lambda ids, ruleset: read.extend(ids) or load(ids, ruleset))
    publish(shelf)
    assert len(set(read)) == 1


_WORKING = """
import time
from pathlib import Path
from catalogue.site.building import workers
from catalogue.site.context import Site
from catalogue.site.files.staging import Staging

if __name__ == "__main__":
    workers._processors = lambda: 2
    with workers.Workers(workers.Shared(Site(None, "", 0), {}, Staging(Path("a"), Path("b")))) as ready:
        print(*ready._start()._processes, flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
def test_workers_end_when_the_build_is_killed(tmp_path):
    """Else they would hold what it held, such as the lock on its folder, and no build could go on from there."""
    (tmp_path / "working.py").write_text(_WORKING)
    with subprocess.Popen([sys.executable, tmp_path / "working.py"], stdout=subprocess.PIPE, text=True) as working:
        pids = [int(pid) for pid in working.stdout.readline().split()]
        working.kill()
    assert len(pids) == 2
    deadline = time.monotonic() + 10
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() < deadline, "a worker outlives its build"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    """Say whether a process is there and no zombie, which its new parent may leave for a while."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
