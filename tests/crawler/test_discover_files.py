from __future__ import annotations

import gzip
import json

import pytest

from tests.crawler.peers.sources import page, read


def line(name: str) -> bytes:
    return json.dumps({"name": name, "remotes": [{"type": "sse", "url": "https://a.example"}]}).encode()


@pytest.mark.parametrize("name", ["servers.jsonl", "servers.jsonl.gz", "servers.ndjson", "servers"])
def test_json_lines_with_bad_lines_between_compressed_or_not(tmp_path, name):
    content = b"\n".join([line("a"), b"{oops", b"", line("b"), b"x" * (2 << 20), b"\xff", b"7", line("c")])
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    discovery, sink = read("file", str(path))
    assert discovery.error is None
    assert [listing.name for listing in sink.listings] == ["a", "b", "c"]
    assert [drop.source_id for drop in sink.drops] == ["line 2", "line 5", "line 6", "line 7"]


@pytest.mark.parametrize("wrap", [lambda servers: servers, lambda servers: {"servers": servers}])
def test_an_array_of_records_and_a_saved_page(tmp_path, wrap):
    path = tmp_path / "saved.json"
    path.write_text(json.dumps(wrap(json.loads(page("a", "b")[2])["servers"])))
    assert read("file", str(path))[0].listings == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not JSON"),
        (b"no json", "is not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b'"text"', "holds a str"),
        (b"{}", "names no servers"),
        (b"\x1f\x8bnot gzip", "could not be read"),
        (gzip.compress(b"[]" * 1000, mtime=0)[:-20], "could not be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_that_names_it(tmp_path, content, words):
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    discovery, _ = read("file", str(path))
    assert words in str(discovery.error)
    assert path.name in str(discovery.error)


def test_a_folder_and_a_missing_file(tmp_path):
    assert "Is a directory" in str(read("file", str(tmp_path))[0].error)
    assert "No such file" in str(read("file", str(tmp_path / "none"))[0].error)


def test_a_configuration_s_key_identifies_nothing_and_its_folder_is_not_kept(tmp_path):
    for folder, package in (("a", "one-server"), ("b", "other-server")):
        (tmp_path / folder).mkdir()
        servers = {"mcpServers": {"tools": {"command": "npx", "args": ["-y", package]}}}
        (tmp_path / folder / "mcp.json").write_text(json.dumps(servers))
    listings = [read("file", str(tmp_path / folder / "mcp.json"))[1].listings[0] for folder in ("a", "b")]
    assert [one.source_id for one in listings] == ["npm:one-server", "npm:other-server"]
    assert {one.name for one in listings} == {"tools"}
    assert {one.fetched_from for one in listings} == {"mcp.json"}
