from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import obstore
import pytest

from catalogue.errors import CatalogueError
from catalogue.site.files import destination as module
from catalogue.site.files.destination import open_destination
from catalogue.site.files.output import open_output
from catalogue.site.files.swap import OURS


def build(folder: Path, files: dict[str, str]) -> None:
    with open_output(folder) as output:
        for path, text in files.items():
            output.put(path, text.encode())
        output.commit()


def send(site: Path, to: str | Path) -> tuple[int, int]:
    with open_destination(str(to)) as place:
        summary = place.send(site, lambda *_: None)
    return summary.files, summary.deleted


def differences(site: Path, to: str | Path) -> list[tuple[str, str]]:
    with open_destination(str(to)) as place:
        return [(one.kind, one.path) for one in place.differences(site)]


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files if OURS not in path.parts}


def test_only_what_differs_goes_to_a_folder_and_only_ours_is_deleted(tmp_path):
    site, to = tmp_path / "site", tmp_path / "www"
    build(site, {"a.html": "1", "b/c.html": "2", "old.html": "3"})
    assert send(site, to) == (3, 0)
    (to / "mine.txt").write_text("not yours")
    build(site, {"a.html": "1", "b/c.html": "changed", "new.html": "4"})
    expected = [("changed", "b/c.html"), ("new", "new.html"), ("gone", "old.html")]
    assert differences(site, to) == expected
    assert contents(to)["b/c.html"] == "2"
    assert send(site, to) == (2, 1)
    assert contents(to) == {**contents(site), "mine.txt": "not yours"}
    assert differences(site, to) == []
    assert send(site, to) == (0, 0)


def test_a_destination_that_is_not_ours_is_left_alone(tmp_path):
    build(tmp_path / "site", {"a.html": "1"})
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "thesis.txt").write_text("mine")
    with pytest.raises(CatalogueError, match=r"not empty and not a site of ours: it holds 'thesis\.txt'"):
        send(tmp_path / "site", tmp_path / "www")
    assert contents(tmp_path / "www") == {"thesis.txt": "mine"}
    with pytest.raises(CatalogueError, match="neither a folder nor s3"):
        send(tmp_path / "site", "ftp://example.org/x")


def test_a_sending_that_was_killed_is_ended_by_the_next_one(tmp_path, monkeypatch):
    site, to = tmp_path / "site", tmp_path / "www"
    build(site, {"a.html": "1", "b.html": "1"})
    send(site, to)
    build(site, {"a.html": "2", "b.html": "2", "c.html": "2"})

    def killed(self, path, file):
        original(self, path, file)
        if path == "a.html":
            raise KeyboardInterrupt

    original = module.Destination._put
    monkeypatch.setattr(module.Destination, "_put", killed)
    with pytest.raises(KeyboardInterrupt):
        send(site, to)
    monkeypatch.undo()
    build(site, {"a.html": "1", "b.html": "1"})
    assert ("changed", "a.html") in differences(site, to)
    send(site, to)
    assert contents(to) == contents(site)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """An S3-compatible server on loopback with a bucket named `bucket`."""
    log = tmp_path_factory.mktemp("s3") / "log"
    with log.open("w") as stream:
        server = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        yield SimpleNamespace(address=_address(log))
    finally:
        server.terminate()
        server.wait(timeout=20)


def _address(log: Path) -> str:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        words = [word for word in log.read_text().split() if word.startswith("http://127.0.0.1:")]
        if words:
            return words[0]
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def fetch(path: str) -> httpx.Response:
    bucket = obstore.store.from_url("s3://bucket")
    return httpx.get(obstore.sign(bucket, "GET", path, timedelta(minutes=5)))


def test_a_bucket_has_the_same_with_headers(store, tmp_path, monkeypatch):
    for name, value in {
        "AWS_ENDPOINT": store.address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    site, to = tmp_path / "site", "s3://bucket/some/where"
    httpx.put(f"{store.address}/bucket").raise_for_status()
    httpx.put(f"{store.address}/bucket/other.txt", content=b"mine").raise_for_status()
    build(site, {"index.html": "<p>é", "api/v1/index.json": "{}", "old.html": "x"})
    assert send(site, to) == (3, 0)
    page = fetch("some/where/index.html")
    assert (page.status_code, page.text) == (200, "<p>é")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-cache"
    twin = fetch("some/where/api/v1/index.json")
    assert twin.headers["Content-Type"] == "application/json"
    build(site, {"index.html": "<p>é", "api/v1/index.json": "[]"})
    assert differences(site, to) == [("changed", "api/v1/index.json"), ("gone", "old.html")]
    assert send(site, to) == (1, 1)
    assert fetch("some/where/old.html").status_code == 404
    assert fetch("other.txt").text == "mine"
    with pytest.raises(CatalogueError, match="did not take the site"):
        send(site, "s3://missing/x")
