from __future__ import annotations

from pathlib import Path

from catalogue.site import urls, workers
from tests.site.shelf import DEFINITIONS


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_many_processes_build_the_same_site_as_one(shelf, publish, tmp_path, monkeypatch):
    for number in range(12):
        shelf.add(f"server-{number}", DEFINITIONS)
    publish(shelf, tmp_path / "one")
    monkeypatch.setattr(workers, "_FEWEST", 1)
    monkeypatch.setattr(workers.os, "cpu_count", lambda: 2)
    publish(shelf, tmp_path / "two")
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one == two
    assert urls.tool("server-11", "delete_file") in one
