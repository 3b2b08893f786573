from __future__ import annotations

import json
import os

import pytest

SERVER = "acme/files"  # of tests.cli.program: reads, writes, destroys
SETTINGS = '{\n  // mine\n  "permissions": {\n    "allow": ["Read", "mcp__files__delete_file"]\n  }\n}\n'


@pytest.fixture
def export(catalogue, filled):
    def run(*arguments):
        return catalogue("policy", SERVER, *arguments, "--database", filled)

    return run


def test_a_policy_in_the_words_of_a_client(export):
    ended = export("--target", "claude-code")
    assert ended.code == 0
    assert json.loads(ended.out) == {
        "permissions": {
            "allow": ["mcp__files__list_files"],
            "ask": ["mcp__files__create_file"],
            "deny": ["mcp__files__delete_file"],
        }
    }
    assert "cannot say rates (so many calls in a while, or a sum of them): a person is asked (create_file)" in ended.err
    assert "cannot say defaults" in ended.err
    assert "~/.claude/settings.json" in ended.err


def test_plain_denies_what_nobody_can_be_asked_about(export):
    ended = export("--target", "claude-code", "--plain", "--as", "my-files")
    assert json.loads(ended.out)["permissions"] == {
        "allow": ["mcp__my-files__list_files"],
        "deny": ["mcp__my-files__create_file", "mcp__my-files__delete_file"],
    }
    assert export("--target", "cursor", "--plain").failed_with("Cursor cannot deny a tool")


def test_merging_keeps_what_is_there_and_moves_a_tool_to_its_list(export, tmp_path):
    file = tmp_path / "settings.json"
    file.write_text(SETTINGS)
    file.chmod(0o640)
    ended = export("--target", "claude-code", "--merge", "settings.json")
    assert (ended.code, ended.out) == (0, "")
    assert file.read_text() == (
        '{\n  // mine\n  "permissions": {\n    "allow": ["Read", "mcp__files__list_files"],\n'
        '    "ask": [\n      "mcp__files__create_file"\n    ],\n'
        '    "deny": [\n      "mcp__files__delete_file"\n    ]\n  }\n}\n'
    )
    assert file.stat().st_mode & 0o777 == 0o640
    before = file.stat()
    assert "says this already" in export("--target", "claude-code", "--merge", "settings.json").err
    assert file.stat() == before
    assert list(tmp_path.iterdir()) == [file]


def test_what_stands_in_the_file_and_undoes_the_policy_is_said(export, tmp_path):
    (tmp_path / "permissions.json").write_text('{"mcpAllowlist": ["*:*", "git:log"]}')
    ended = export("--target", "cursor", "--merge", "permissions.json")
    assert ended.code == 0
    (line,) = [line for line in ended.err.splitlines() if "besides" in line]
    told = 'permissions.json has mcpAllowlist "*:*" besides, which lets pass tools that the policy asks about or denies'
    assert line == told


def test_merging_into_another_file(export, tmp_path):
    (tmp_path / "settings.json").write_bytes(b"\xef\xbb\xbf{}\r\n")
    assert export("--target", "claude-code", "--merge", "settings.json", "--out", "new.json").code == 0
    assert (tmp_path / "settings.json").read_bytes() == b"\xef\xbb\xbf{}\r\n"
    assert (tmp_path / "new.json").read_bytes().startswith(b'\xef\xbb\xbf{\r\n  "permissions": {\r\n')
    assert export("--target", "claude-code", "--out", "new.json").failed_with("new.json is there already")
    again = export("--target", "claude-code", "--merge", "settings.json", "--out", "new.json")
    assert again.failed_with("cannot write new.json: File exists")


@pytest.mark.parametrize(
    ("target", "content", "words"),
    [
        ("claude-code", b"[]", "expected an object at the root"),
        (
            "claude-code",
            b'{"permissions": {"deny": {"a": 1}}}',
            'expected a list at "permissions.deny", found an object',
        ),
        ("claude-code", b'{"a": 1,, "b": 2}', "expected a key in double quotes in line 1, column 9"),
        ("claude-code", b'{"a": 1, "a": 2}', 'the key "a" stands there twice'),
        ("claude-code", b'{"a": "' + b"x" * 10_000_000 + b'"}', "larger than 2,097,152 bytes"),
        ("claude-code", '{"a": 1}'.encode("utf-16"), "not UTF-8"),
        ("codex", b"[mcp_servers.other]\ncommand = 'x'\n", 'mcp_servers has no server "files"'),
        ("codex", b"[mcp_servers.files]\na = 1\na = 2\n", "it is not TOML"),
        ("codex", b"mcp_servers = 5\n", "has no server"),
        ("kiro", b'{"mcpServers": {"fils": {}}}', '--as "fils"'),
        ("gemini-cli", b"rule = 'x'\n", 'expected a list at "rule"'),
        ("kiro", b'{"mcpServers": {"files": {"autoApprove": "x"}}}', 'a list at "mcpServers.files.autoApprove"'),
        ("vscode", b'{"chat.tools.eligibleForAutoApproval": []}', 'an object at "chat.tools.eligibleForAutoApproval"'),
        ("docker", b"- a\n", "expected an object at the root, found a list"),
        ("docker", b"a: 1\n---\nb: 2\n", "it is not YAML: found another document in line 2"),
        ("docker", b"[" * 3_000, "nested too deeply"),
        ("docker", b"a: !!python/object:os.system x\n", "could not determine a constructor"),
        ("litellm", b"mcp_servers: &a\n  x: *a\n", "stands for more than"),
        ("contextforge", b"plugins: 5\n", 'expected a list at "plugins"'),
    ],
)
def test_a_file_that_is_not_what_it_says_is_left_as_it_is(export, tmp_path, target, content, words):
    file = tmp_path / "config"
    file.write_bytes(content)
    assert export("--target", target, "--merge", "config").failed_with("nothing is merged into config", words)
    assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_a_folder_and_nothing(export, tmp_path):
    (tmp_path / "real.json").write_text("{}")
    (tmp_path / "link.json").symlink_to("real.json")
    ended = export("--target", "claude-code", "--merge", "link.json")
    assert ended.failed_with("link.json is a symbolic link", f"{tmp_path}/real.json")
    assert (tmp_path / "real.json").read_text() == "{}"
    assert export("--target", "claude-code", "--merge", tmp_path).failed_with("is not a file")
    assert export("--target", "claude-code", "--merge", "gone.json").failed_with("cannot read gone.json")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_no_permission(export, tmp_path):
    file = tmp_path / "settings.json"
    file.write_text("{}")
    file.chmod(0o400)
    assert export("--target", "claude-code", "--merge", "settings.json").failed_with("cannot write settings.json")
    assert file.read_text() == "{}"
    file.chmod(0)
    assert export("--target", "claude-code", "--merge", "settings.json").failed_with("cannot read settings.json")


def test_unknown_targets_and_names_that_a_client_cannot_have(export):
    assert export("--target", "claud-code").failed_with("no export target is called 'claud-code'", "claude-code")
    assert export("--target", "\x1b[2J").failed_with("--targets")
    assert export("--target", "codex", "--as", "my files").failed_with("Codex cannot have a server called", "--as")
    assert export("--target", "gemini-cli", "--as", "my_files").failed_with("no underscore")
    assert export("--target", "vscode", "--as", "a\u202eb").failed_with("visible")
    assert export("--target", "codex", "--as", "").failed_with("Codex cannot have a server called")
    assert export("--merge", "x.json").failed_with("--target", code=2)


def test_the_list_of_targets(catalogue):
    found = json.loads(catalogue("policy", "--targets", "--format", "json").out)
    by_name = {one["name"]: one for one in found}
    assert by_name["codex"]["cannot_say"].keys() == {"arguments", "rates"}
    assert by_name["cursor"]["cannot_say"]["denial"]["instead"] == "a person is asked, and may let it pass"
    table = catalogue("policy", "--targets").out
    assert all(name in table for name in by_name)
    assert catalogue("policy", "targets").out == table
