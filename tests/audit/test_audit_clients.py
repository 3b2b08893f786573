"""The configuration of every client, in its own form and its own place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from catalogue.audit import places
from catalogue.audit.reading import read
from catalogue.audit.report import Configured

HOME = Path(__file__).with_name("home")
REPOSITORY = Path(__file__).with_name("repository")


def on_machine() -> list[Configured | object]:
    return [one for place in places.on_machine(HOME, {}, "linux") for one in read(place, HOME)]


# client, name, line, whether it is on, what it starts or asks
FORMS = """
claude-desktop  filesystem      4  on   npm:@modelcontextprotocol/server-filesystem
claude-desktop  weather         8  on   a program of this machine
claude-code     notes           4  on   https://notes.example
claude-code     payments       10  on   npm:acme-payments@1.4.0
cursor          git             3  on   pypi:mcp-server-git@2026.1.14
cursor          docs            4  on   https://docs.example
vscode          search          5  on   oci:acme/search
vscode          old             3  on   npm:acme-old@1.2
codex           context         3  on   npm:acme-context
codex           tracker         8  on   https://tracker.example
codex           off for now    13  off  pypi:acme-off@1.0
gemini          python          5  on   a program of this machine
gemini          cloud           6  on   https://cloud.example
windsurf        figures         3  on   https://figures.example
windsurf        github          4  on   oci:ghcr.io/acme/github@1.2.0
kiro            aws             3  on   pypi:acme.aws-docs
zed             postgres        5  on   a program of this machine
zed             from-extension  9  on
zed             plain          10  on   npm:acme-plain@0.3.1
cline           browser         3  off  npm:acme-browser@2.0.0
continue        SQLite          5  on   npm:acme-sqlite@3.1.4
continue        Remote         11  on   https://remote.example
opencode        local           4  on   npm:acme-bun@1.0.0
opencode        hosted         10  off  https://hosted.example
goose           developer       3  on
goose           fetch           8  on   pypi:acme-fetch
goose           wiki           17  on   https://wiki.example
"""


def test_every_client_is_read_in_its_own_form():
    found = on_machine()
    assert all(isinstance(one, Configured) and not one.fault for one in found), found
    told = [(one.client, one.name, str(one.line), "on" if one.enabled else "off", one.words) for one in found]
    expected = [re.split(r" {2,}", line) for line in FORMS.strip().splitlines()]
    assert [list(filter(None, one)) for one in told] == expected
    assert {one.client for one in found} == set(places.clients())


def test_secrets_are_told_by_where_they_stand_and_references_are_none():
    told = {one.name: [(secret.place, secret.name) for secret in one.secrets] for one in on_machine()}
    assert {name: places for name, places in told.items() if places} == {
        "weather": [("env", "WEATHER_API_KEY")],
        "notes": [("headers", "Authorization")],
        "docs": [("url", "url")],
        "context": [("env", "CONTEXT_TOKEN")],
        "tracker": [("http_headers", "X-Api-Key")],
        "figures": [("url", "serverUrl")],
        "github": [("args", "GITHUB_TOKEN")],
        "postgres": [("args", "--dsn")],
        "Remote": [("requestOptions", "Authorization")],
        "fetch": [("env", "FETCH_SECRET")],
    }


def test_what_starts_in_any_version_is_unpinned_and_a_short_version_is_a_range_for_npm():
    assert [one.name for one in on_machine() if one.unpinned] == [
        "filesystem", "search", "old", "context", "aws", "fetch",
    ]  # fmt: skip


def test_servers_of_one_folder_have_it_as_their_scope():
    scopes = {one.name: one.scope for one in on_machine()}
    assert (scopes["notes"], scopes["payments"]) == ("", "shop")


def test_a_repository_is_looked_through_and_the_packages_in_it_are_not():
    found = [one for place in places.in_folder(REPOSITORY) for one in read(place, HOME)]
    assert [(one.place, one.name) for one in found] == [
        (".mcp.json", "shared"),
        (".mcp.json", "pinned"),
        (".vscode/mcp.json", "api"),
        (".continue/mcpServers/one.yaml", "one"),
        ("apps/web/.cursor/mcp.json", "deep"),
    ]
    shallow = [place.shown for place in places.in_folder(REPOSITORY, deep=False)]
    assert shallow == [".mcp.json", ".vscode/mcp.json", ".continue/mcpServers/one.yaml"]


@pytest.mark.parametrize(
    ("system", "client", "path"),
    [
        ("macos", "claude-desktop", "home/Library/Application Support/Claude/claude_desktop_config.json"),
        ("macos", "vscode", "home/Library/Application Support/Code/User/profiles/a1b2/mcp.json"),
        ("macos", "zed", "home/.config/zed/settings.json"),
        ("windows", "claude-desktop", "roaming/Claude/claude_desktop_config.json"),
        ("windows", "goose", "roaming/Block/goose/config/config.yaml"),
        ("windows", "gemini", "data/gemini-cli/settings.json"),
        ("windows", "cursor", "home/.cursor/mcp.json"),
        ("linux", "codex", "elsewhere/config.toml"),
        ("linux", "opencode", "settings/opencode/opencode.jsonc"),
    ],
)
def test_each_system_has_its_own_places_and_the_environment_moves_them(tmp_path, system, client, path):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).touch()
    names = {"APPDATA": "roaming", "PROGRAMDATA": "data", "CODEX_HOME": "elsewhere", "XDG_CONFIG_HOME": "settings"}
    environment = {name: str(tmp_path / folder) for name, folder in names.items()}
    found = [one for one in places.on_machine(tmp_path / "home", environment, system) if one.path == tmp_path / path]
    assert [one.client for one in found] == [client]
    assert str(tmp_path) not in found[0].shown


def test_a_file_is_known_by_its_path(tmp_path):
    deep = tmp_path / ".cursor" / "mcp.json"
    assert places.named(deep).client == "cursor"
    assert places.named(tmp_path / "x" / "claude_desktop_config.json").client == ""
    assert places.named(tmp_path / "Claude" / "claude_desktop_config.json").client == "claude-desktop"


def test_the_table_of_clients_says_where_on_each_system():
    for client, row in places.clients().items():
        assert set(row) <= {"title", "everywhere", "linux", "macos", "windows", "repository"}, client
        for system in ("linux", "macos", "windows"):
            assert row.get("everywhere") or row.get(system), (client, system)


def test_one_file_under_two_names_is_audited_for_each_client_once(tmp_path):
    shutil.copytree(HOME / ".cursor", tmp_path / ".cursor")
    (tmp_path / ".kiro" / "settings").mkdir(parents=True)
    (tmp_path / ".kiro" / "settings" / "mcp.json").symlink_to(tmp_path / ".cursor" / "mcp.json")
    found = [one for place in places.on_machine(tmp_path, {}, "linux") for one in read(place, tmp_path)]
    assert [(one.client, one.name) for one in found] == [
        ("cursor", "git"), ("cursor", "docs"), ("kiro", "git"), ("kiro", "docs"),
    ]  # fmt: skip
