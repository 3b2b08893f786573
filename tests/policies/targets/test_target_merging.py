"""An export into a file that a client's user wrote: the rules are in it, nothing else is lost, and twice is once."""

from __future__ import annotations

import json
import re

import pytest

from catalogue.editing.documents import merged, read_data
from catalogue.policies.document import Approval, Denial, Policy, ToolRule
from catalogue.policies.targets.export import export
from catalogue.policies.targets.looseness import Passes, fits
from catalogue.policies.targets.merge import merge
from catalogue.policies.targets.needs import Answer
from catalogue.policies.targets.table import TARGETS
from tests.policies.targets.interpreters.table import INTERPRETERS

POLICY = Policy(
    "deny",
    hide=("wipe",),
    tools={
        "look": ToolRule(),
        "list.all": ToolRule(),
        "send": ToolRule(ask_if=(Approval(()),)),
        "pay": ToolRule(deny_if=(Denial(()),)),
    },
)
LATER = Policy("deny", tools={"look": ToolRule(deny_if=(Denial(()),)), "wipe": ToolRule(), "send": ToolRule()})
FILES = {
    "claude-code": """\
{
  // what I allow
  "permissions": {
    "allow": ["Bash(git log:*)", "mcp__other__x", "mcp__files__wipe"], /* careful */
    "additionalDirectories": ["../docs"],
  },
  "env": {"A": "1"}
}
""",
    "codex": """\
# my settings
model = "o" # the one

[mcp_servers.files] # local
command = "npx"
args = ["-y", "files"]
enabled_tools = [
  "wipe",  # was fine
  "look",
]

[mcp_servers.files.env]
A = "1"

# elsewhere
[mcp_servers.other]
url = "https://mcp.example.com"
""",
    "gemini-cli": """\
# rules of mine
[[rule]]
mcpName = "other"
toolName = "x" # only this
decision = "allow"
priority = 5

[[rule]]
mcpName = "files"
toolName = "wipe"
decision = "allow"
priority = 999

# shells
[[rule]]
toolName = "run_shell_command"
decision = "ask_user"
priority = 1
""",
    "cursor": '{"mcpAllowlist": ["other:*", "files:*", "files:wipe"], "terminalAllowlist": ["git"] /* only */}',
    "vscode": '{\n\t"editor.fontSize": 12, // large\n\t"chat.tools.eligibleForAutoApproval": {"fetch": false}\n}\n',
    "copilot-cli": '{"mcpServers": {"files": {"command": "npx", "tools": ["*"]}, "other": {"tools": ["*"]}}}',
    "kiro": """\
{"mcpServers": {
    "files": {
        "command": "npx", // local
        "autoApprove": ["*", "wipe"],
        "disabledTools": ["look"]
    },
    "other": {"url": "https://mcp.example.com"}
}}
""",
    "windsurf": '{"mcpServers": {"files": {"command": "npx", "disabledTools": ["look", "old"]}}}',
    "openai": '{"server_url": "https://mcp.example.com/mcp", "allowed_tools": ["wipe"], "require_approval": "never"}',
}
CLIENTS = list(FILES)


def comments(text: str) -> list[str]:
    return sorted(re.findall(r"// .*|/\\* .*? \\*/|# .*", text))


@pytest.mark.parametrize("name", CLIENTS)
def test_merging_says_what_a_new_file_says(name: str) -> None:
    target, before = TARGETS[name], FILES[name].encode()
    text = merge(export(POLICY, target, "files"), target, "files", before).data.decode()
    read = INTERPRETERS[name](_without_comments(name, text), "files")
    fresh = INTERPRETERS[name](export(POLICY, target, "files").text(target), "files")
    for tool in ("look", "list.all", "send", "pay", "wipe", "unnamed"):
        assert read(tool, {}) is fresh(tool, {}), tool
    assert read("wipe", {}) is not Answer.ALLOW


@pytest.mark.parametrize("name", CLIENTS)
def test_merging_again_changes_nothing_and_a_later_policy_replaces_the_earlier(name: str) -> None:
    target = TARGETS[name]
    once = merge(export(POLICY, target, "files"), target, "files", FILES[name].encode()).data
    assert merge(export(POLICY, target, "files"), target, "files", once).data == once
    later = merge(export(LATER, target, "files"), target, "files", once).data
    read = INTERPRETERS[name](_without_comments(name, later.decode()), "files")
    assert read("look", {}) is not Answer.ALLOW
    if name != "vscode":  # where nothing can be taken back: what is not to be asked about once was
        assert read("wipe", {}) is Answer.ALLOW or target.abilities.always_asks


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_merging_keeps_comments_foreign_entries_and_line_ends(name: str, ends: str) -> None:
    target, before = TARGETS[name], FILES[name].replace("\n", ends)
    after = merge(export(POLICY, target, "files"), target, "files", b"\xef\xbb\xbf" + before.encode()).data
    assert after.startswith(b"\xef\xbb\xbf")
    text = after.decode("utf-8-sig")
    assert "\n" not in before or text.count("\n") == text.count(ends)
    kept = [one for one in comments(FILES[name]) if one != "# was fine"]  # that of an entry that went, in TOML
    assert [one for one in comments(text.replace("\r\n", "\n")) if one in kept] == kept
    data = read_data(target.form, after)
    for path, value in _foreign(name):
        found = data
        for key in path:
            found = found[key]
        assert found == value


def _foreign(name: str) -> list[tuple[tuple[str | int, ...], object]]:
    """Some of what stands in the file and is nobody's business here."""
    return {
        "claude-code": [(("permissions", "additionalDirectories"), ["../docs"]), (("env",), {"A": "1"})],
        "codex": [
            (("mcp_servers", "other", "url"), "https://mcp.example.com"),
            (("mcp_servers", "files", "env", "A"), "1"),
        ],
        "gemini-cli": [(("rule", 0, "mcpName"), "other"), (("rule", -1, "toolName"), "run_shell_command")],
        "cursor": [(("mcpAllowlist", 0), "other:*"), (("terminalAllowlist",), ["git"])],
        "vscode": [(("editor.fontSize",), 12), (("chat.tools.eligibleForAutoApproval", "fetch"), False)],
        "copilot-cli": [(("mcpServers", "other", "tools"), ["*"]), (("mcpServers", "files", "command"), "npx")],
        "kiro": [(("mcpServers", "files", "command"), "npx")],
        "windsurf": [(("mcpServers", "files", "disabledTools", 0), "old")],
        "openai": [(("server_url",), "https://mcp.example.com/mcp")],
    }[name]


def _without_comments(name: str, text: str) -> str:
    """JSON for an interpreter that has no comments, and for Gemini CLI the rules of the server alone."""
    data = read_data(TARGETS[name].form, text.encode())
    if name == "gemini-cli":
        return "".join(f"[[rule]]\n{_lines(one)}" for one in data["rule"] if one.get("mcpName") == "files")
    return json.dumps(data) if TARGETS[name].form.value == "json" else text


def _lines(rule: dict[str, object]) -> str:
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in rule.items())


def test_nothing_is_merged_into_a_client_that_does_not_have_the_server() -> None:
    with pytest.raises(Exception, match='mcpServers has no server "files"'):
        merge(export(POLICY, TARGETS["kiro"], "files"), TARGETS["kiro"], "files", b'{"mcpServers": {}}')
    assert merged(TARGETS["cursor"].form, b"{}", ()) == b"{}"


RULES = """\
[[rule]]
toolName = "*"
decision = "allow"
priority = 950

[[rule]]
toolName = ["mcp_files_pay", "mcp_files_new", "run_shell_command"]
decision = "allow"
priority = 999

[[rule]]
toolName = "mcp_files_pay"
decision = "allow"
priority = 950

[[rule]]
mcpName = "*"
toolName = "l*"
decision = "allow"
priority = 850

[[rule]]
mcpName = "*"
toolName = "*"
decision = "allow"
priority = 500

[[rule]]
mcpName = "other"
toolName = "*"
decision = "allow"
priority = 999

[[rule]]
toolName = "mcp_*"
decision = "deny"
priority = 999
"""
LOOSE = {
    "claude-code": (
        '{"permissions": {"defaultMode": "bypassPermissions", "allow": ["Bash", "mcp__files", "mcp__files__*",'
        ' "mcp__files__look", "mcp__files__send", "mcp__files__other", "mcp__files__x(y)", "mcp__filesystem__x"]}}',
        {
            ("permissions.allow", "mcp__files", Passes.UNNAMED),
            ("permissions.allow", "mcp__files__*", Passes.UNNAMED),
            ("permissions.allow", "mcp__files__other", Passes.UNNAMED),
            ("permissions.defaultMode", "bypassPermissions", Passes.UNNAMED),
        },
    ),
    "gemini-cli": (
        RULES,
        {
            ("rule", "* (priority 950)", Passes.RULED),
            ("rule", "mcp_files_pay (priority 999)", Passes.RULED),
            ("rule", "mcp_files_new (priority 999)", Passes.UNNAMED),
            ("rule", "l* (priority 850)", Passes.UNNAMED),
        },
    ),
    "cursor": (
        '{"mcpAllowlist": ["*:*", "files:*", "files:se*", "FILES:pay", "fi*:new", "files:look", "other:*", "x", 5]}',
        {
            ("mcpAllowlist", "*:*", Passes.RULED),
            ("mcpAllowlist", "files:se*", Passes.RULED),
            ("mcpAllowlist", "FILES:pay", Passes.RULED),
            ("mcpAllowlist", "fi*:new", Passes.UNNAMED),
        },
    ),
    "vscode": (
        '{"chat.tools.global.autoApprove": true}',
        {("chat.tools.global.autoApprove", "true", Passes.UNNAMED)},
    ),
    "kiro": (
        '{"mcpServers": {"files": {"autoApprove": ["*", "wipe", "s*", "other"]}, "o": {"autoApprove": ["*"]}}}',
        {("autoApprove", "s*", Passes.RULED), ("autoApprove", "other", Passes.UNNAMED)},
    ),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_what_stands_there_and_is_looser_than_the_policy_is_told_and_stays(name: str) -> None:
    content, told = LOOSE.get(name, (FILES[name], set()))
    target = TARGETS[name]
    after, loose = merge(export(POLICY, target, "files"), target, "files", content.encode())
    assert {(one.place, one.entry, one.passes) for one in loose} == told
    for _, entry, _ in told:
        assert entry.partition(" (")[0] in after.decode()


@pytest.mark.parametrize("name", LOOSE)
def test_a_policy_that_allows_what_it_does_not_name_is_not_made_looser_by_that(name: str) -> None:
    policy, target = Policy("allow", tools={"look": ToolRule()}), TARGETS[name]
    assert merge(export(policy, target, "files"), target, "files", LOOSE[name][0].encode()).loose == ()


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("look", "look", True),
        ("look", "looks", False),
        ("LOOK", "look", True),
        ("*", "", True),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("ab*ba", "aba", False),
        ("{a,b}_x", "a_x", True),
        ("?_x", "a_x", True),
        ("*a" * 5_000, "a" * 4_999, False),
    ],
)
def test_a_pattern_may_fit_wherever_a_glob_could(pattern: str, name: str, *, expected: bool) -> None:
    assert fits(pattern, name) is expected
