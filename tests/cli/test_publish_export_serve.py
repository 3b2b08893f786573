from __future__ import annotations

import json
import signal
import subprocess
import urllib.error
import urllib.request

import pytest

from tests.cli.program import COMMAND, TOOLS, run_program


@pytest.mark.parametrize("command", ["publish", "export"])
def test_an_output_that_is_not_ours_is_left_alone(catalogue, filled, tmp_path, command):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "precious.txt").write_text("mine")
    on = ("--database", filled)
    assert catalogue(command, "--out", "file", *on).failed_with("file")
    assert catalogue(command, "--out", "folder", *on).failed_with("folder")
    assert (tmp_path / "file").read_text() == "mine"
    assert [entry.name for entry in (tmp_path / "folder").iterdir()] == ["precious.txt"]


@pytest.mark.parametrize("command", ["publish", "export"])
def test_a_full_disk_is_one_line_and_the_old_output_stays(catalogue, filled, tmp_path, command):
    import resource

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    out = tmp_path / "out"
    arguments = (command, "--out", out, "--database", filled)
    assert run_program(*arguments, preexec_fn=bounded).failed_with("out")
    assert catalogue(*arguments).code == 0
    before = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    assert run_program(*arguments, preexec_fn=bounded).code in (0, 1)
    assert {file: file.read_bytes() for file in out.rglob("*") if file.is_file() and file in before} == before


def test_what_is_exported_can_be_imported(catalogue, filled):
    assert catalogue("export", "--out", "data", "--database", filled).code == 0
    ended = catalogue("import", "data/tools.jsonl", "--format", "json")
    assert ended.code == 0
    assert json.loads(ended.out)["tools"] == len(TOOLS)
    assert catalogue("export", "--out", "data", "--database", filled).code == 0


def test_a_format_that_a_site_cannot_have_is_one_line(catalogue, filled):
    ended = catalogue("publish", "--out", "site", "--database", filled, "--format", "json")
    assert ended.failed_with("'json'", "html", "single-page-per-server", code=2)


def test_what_differs_is_listed_and_sent(catalogue, filled, tmp_path):
    arguments = ("publish", "--out", "site", "--to", "www", "--database", filled, "--summary", "json")
    listed = json.loads(catalogue(*arguments, "--dry-run").out)
    assert {"kind": "new", "path": "index.html", "size": (tmp_path / "site" / "index.html").stat().st_size} in listed
    assert not (tmp_path / "www").exists() or not any((tmp_path / "www").iterdir())
    sent = json.loads(catalogue(*arguments).out)["sent"]
    assert (sent["files"], sent["deleted"]) == (len(listed), 0)
    assert (tmp_path / "www" / "index.html").read_bytes() == (tmp_path / "site" / "index.html").read_bytes()
    assert catalogue(*arguments, "--dry-run").out == "[]\n"
    assert "nothing differs at www" in catalogue(*arguments[:-2], "--dry-run").err
    assert catalogue("publish", "--out", "site", "--dry-run", "--database", filled).code == 2


@pytest.mark.parametrize("to", ["ftp://host/folder", "S3://bucket", "s3://", "s3:///prefix"])
def test_what_can_be_no_destination_is_said_before_anything_is_built(catalogue, filled, tmp_path, to):
    assert catalogue("publish", "--out", "site", "--to", to, "--database", filled).failed_with(to)
    assert not (tmp_path / "site").exists()


def test_a_site_is_served_and_nothing_beside_it(site, tmp_path):
    (site.parent / "secret.txt").write_text("secret")
    server = subprocess.Popen([COMMAND, "serve", site, "--port", "0"], stderr=subprocess.PIPE, text=True)
    try:
        address = server.stderr.readline().split()[3].rstrip("/")
        page = urllib.request.urlopen(f"{address}/")
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        twin = urllib.request.urlopen(f"{address}/api/v1/index.json")
        assert twin.headers["Content-Type"] == "application/json"
        for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/assets/", "/missing"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(address + path)
            assert refused.value.code == 404
            refused.value.close()
        page.close()
        twin.close()
        port = address.rpartition(":")[2]
        assert run_program("serve", site, "--port", port).failed_with("cannot listen", port)
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=20) == 130
        assert server.stderr.read() == ""
        server.stderr.close()


def test_a_folder_without_a_site_is_not_served(catalogue, tmp_path):
    assert catalogue("serve", "missing").failed_with("missing", "catalogue publish")
    assert catalogue("serve", tmp_path).failed_with(str(tmp_path))
