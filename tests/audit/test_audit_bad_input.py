"""Configurations with everything wrong that people and strangers put into them: a sentence each; the rest is read."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from catalogue.audit import places
from catalogue.audit.reading import LARGEST, MOST_SERVERS, read
from catalogue.audit.report import Configured, Fault
from catalogue.errors import CatalogueError

GOOD = '"good": {"command": "npx", "args": ["acme-good@1.0.0"]}'


def reading(file: Path, content: str | bytes | None = None) -> tuple[list[Configured], list[str]]:
    """The servers of a file, and what is said of its faults."""
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    found = list(read(places.named(file), Path("/home/ada")))
    return [one for one in found if isinstance(one, Configured)], [one.says for one in found if isinstance(one, Fault)]


@pytest.mark.parametrize(
    "entry",
    ["5", "null", "[]", '"npx"', "{}", '{"command": 7, "args": "x"}', '{"type": "ws", "url": "wss://x.example"}',
     '{"url": "not a url"}', '{"url": ["https://x.example"]}', '{"command": ["npx", null]}', '{"env": []}',
     '{"command": {"path": 5, "args": {}}}', '{"command": "npx", "env": {"TOKEN": {"a": ["sk-1234567890abc"]}}}'],
)  # fmt: skip
def test_one_bad_entry_costs_itself_alone(tmp_path, entry):
    servers, faults = reading(tmp_path / "mcp.json", f'{{"mcpServers": {{"bad": {entry}, {GOOD}}}}}')
    assert [one.name for one in servers] == ["bad", "good"]
    assert servers[1].words == "npm:acme-good@1.0.0"
    assert faults == []
    assert servers[0].fault or servers[0].target is None


def test_what_is_wrong_with_an_entry_is_said(tmp_path):
    servers, _ = reading(
        tmp_path / "mcp.json", '{"mcpServers": {"a": 5, "b": {"type": "ws", "url": "wss://x.example"}}}'
    )
    assert [one.fault for one in servers] == [
        "its entry is int, expected an object with a command or a URL",
        "its URL or its transport (ws) is not one of MCP over HTTP",
    ]


def test_comments_trailing_commas_and_byte_order_marks(tmp_path):
    content = f'// mine\n{{"mcpServers": {{ /* one */ {GOOD}, }},}}'
    for encoded in (content.encode("utf-8-sig"), content.encode("utf-16")):
        servers, faults = reading(tmp_path / "mcp.json", encoded)
        assert ([one.name for one in servers], faults) == (["good"], [])


def test_of_two_of_one_name_the_first_is_kept_and_both_are_told(tmp_path):
    servers, faults = reading(
        tmp_path / "mcp.json", f'{{"mcpServers": {{{GOOD}, "good": {{"url": "https://b.example"}}}}}}'
    )
    assert [one.words for one in servers] == ["npm:acme-good@1.0.0"]
    assert faults == ["names good twice; the first is audited, and clients may take the other"]


def test_of_two_objects_of_servers_the_first_is_audited_and_that_is_told(tmp_path):
    other = '{"evil": {"url": "https://b.example"}}'
    for content, name in (
        (f'{{"mcpServers": {{{GOOD}}}, "mcpServers": {other}}}', "mcpServers"),
        (f'{{"mcp": {{"servers": {{{GOOD}}}}}, "mcp": {{"servers": {other}}}}}', "mcp"),
    ):
        servers, faults = reading(tmp_path / "mcp.json", content)
        assert [one.name for one in servers] == ["good"]
        assert faults == [f"has {name} twice; the first is audited, and clients may take the other"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("mcp.json", '{"mcpServers": {', "is not JSON: the fault is in line 1"),
        ("mcp.json", "", "is not JSON"),
        ("mcp.json", b"\xff\x00\x80", "is not JSON that we read"),
        ("mcp.json", "[" * 100_000, "is not JSON that we read"),
        ("mcp.json", '{"a":' * 300 + "1" + "}" * 300, "is nested too deeply"),
        ("mcp.json", "[]", "names no MCP servers"),
        ("mcp.json", "null", "names no MCP servers"),
        ("mcp.json", '{"mcpServers": 5}', "mcpServers holds int, expected an object of servers"),
        ("config.toml", "a = \n", "is not TOML: the fault is in line 1"),
        ("config.toml", "a = " + "[" * 50_000, "is not TOML that we read"),
        ("config.toml", "a" + ".a" * 50_000 + " = 1", "is not TOML that we read"),
        ("config.toml", "a = 1\n" * 100_000, "is not TOML"),
        ("config.yaml", "a: [", "is not YAML: the fault is in line"),
        ("config.yaml", "a: &a [1]\nb: *a", "is not YAML that we read"),
        ("config.yaml", "a: !!python/object/apply:os.system [id]", "is not YAML that we read"),
        ("config.yaml", "[" * 5_000, "is not YAML"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_one_line(tmp_path, name, content, says):
    started = time.process_time()
    servers, faults = reading(tmp_path / name, content)
    assert servers == []
    assert len(faults) == 1
    assert faults[0].startswith(says), faults
    assert "\n" not in faults[0]
    assert time.process_time() - started < 5


def test_what_a_parser_quotes_of_the_file_is_not_told(tmp_path):
    for name, content in (
        ("c.yaml", "key: hunter2: [\n  hunter2: }"),
        ("c.toml", "hunter2 = {a = hunter2}"),
        ("c", '{"hunter2"'),
    ):
        _, faults = reading(tmp_path / name, content)
        assert len(faults) == 1
        assert "hunter2" not in faults[0]


def test_ten_megabytes_are_read_and_more_than_the_limit_is_not(tmp_path):
    history = json.dumps({"history": "x" * 10_000_000, "mcpServers": {"good": {"command": "npx", "args": ["a@1.0.0"]}}})
    servers, faults = reading(tmp_path / "mcp.json", history)
    assert ([one.name for one in servers], faults) == (["good"], [])
    with (tmp_path / "huge.json").open("wb") as stream:
        stream.truncate(LARGEST + 1)
    assert reading(tmp_path / "huge.json") == ([], [f"cannot be read: it has more than {LARGEST:,} bytes"])


def test_more_servers_than_anyone_has_are_left_out_and_counted(tmp_path):
    entries = {f"s{number}": {"command": "npx", "args": [f"a{number}@1.0.0"]} for number in range(20_000)}
    started = time.process_time()
    servers, faults = reading(tmp_path / "mcp.json", json.dumps({"mcpServers": entries}, indent=1))
    assert len(servers) == MOST_SERVERS
    assert faults == [f"names more than {MOST_SERVERS:,} servers; the others are left out"]
    assert time.process_time() - started < 5


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path):
    file = tmp_path / "mcp.json"
    file.write_text("{}")
    file.chmod(0)
    assert reading(file) == ([], ["cannot be read: Permission denied"])


def test_links_pipes_and_folders(tmp_path):
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    told = {name: reading(tmp_path / f"{name}.json")[1] for name in ("gone", "loop", "pipe", "folder")}
    assert told == {
        "gone": ["cannot be read: No such file or directory"],
        "loop": ["cannot be read: Too many levels of symbolic links"],
        "pipe": ["cannot be read: it is not a file"],
        "folder": ["cannot be read: Is a directory"],
    }


def test_a_link_leads_out_of_a_repository_in_vain(tmp_path):
    (tmp_path / "private.json").write_text(f'{{"mcpServers": {{{GOOD}}}}}')
    repository = tmp_path / "repository"
    (repository / ".cursor").mkdir(parents=True)
    (repository / ".mcp.json").symlink_to(tmp_path / "private.json")
    (repository / "inside.json").write_text(f'{{"mcpServers": {{{GOOD}}}}}')
    (repository / ".cursor" / "mcp.json").symlink_to(repository / "inside.json")
    found = [one for place in places.in_folder(repository) for one in read(place, tmp_path)]
    assert found[0] == Fault("claude-code", ".mcp.json", "cannot be read: it is a link that leads out of the folder")
    assert [one.name for one in found[1:]] == ["good"]


def test_more_folders_than_a_repository_has_are_refused_and_not_half_read(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "MOST_FOLDERS", 3)
    for number in range(3):
        (tmp_path / f"folder-{number}").mkdir()
    with pytest.raises(CatalogueError, match="has more than 3 folders"):
        list(places.in_folder(tmp_path))
    assert list(places.in_folder(tmp_path, deep=False)) == []


def test_a_folder_that_cannot_be_read_is_named_without_what_is_above_it(tmp_path):
    with pytest.raises(CatalogueError, match=r"the folder gone cannot be read: No such file or directory"):
        list(places.in_folder(tmp_path / "gone"))
