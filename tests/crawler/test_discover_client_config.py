from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.records import Dropped, DropReason, Listing, Need, SourceError, Target, TargetKind, Transport
from crawler.spiders.json_text import read_json
from crawler.spiders.record import Origin
from crawler.spiders.secret_values import is_secret_name, without_secrets
from crawler.spiders.server_file import read_file
from crawler.spiders.server_list import read_document

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
ORIGIN = Origin("file", "servers.json", datetime(2026, 11, 1, tzinfo=UTC))


def read(document: Any) -> list[Listing | Dropped]:
    return list(read_document(document, ORIGIN))


def configured(entry: Any, key: str = "mcpServers") -> Listing:
    (found,) = read({key: {"server": entry}})
    assert isinstance(found, Listing), found
    return found


def target(command: str, **more: Any) -> Target:
    program, *arguments = command.split()
    return configured({"command": program, "args": arguments, **more}).targets[0]


@pytest.mark.parametrize(
    ("command", "kind", "address", "version", "arguments"),
    [
        ("npx -y @scope/name@1.2 /tmp --flag", "npm", "@scope/name", "1.2", ["/tmp", "--flag"]),
        ("npx @scope/name@latest", "npm", "@scope/name", None, []),
        ("npx --yes name@^1.0.0", "npm", "name", None, []),
        ("npx -y -p @scope/name@2.0.0 some-command --port 1", "npm", "@scope/name", "2.0.0", ["--port", "1"]),
        ("npx --package=@scope/name -- some-command", "npm", "@scope/name", None, []),
        ("/usr/local/bin/npx name", "npm", "name", None, []),
        ("C:\\nodejs\\npx.cmd -y name", "npm", "name", None, []),
        ("cmd /c npx -y name arg", "npm", "name", None, ["arg"]),
        ("bunx name@1.0.0", "npm", "name", "1.0.0", []),
        ("pnpm dlx name", "npm", "name", None, []),
        ("npm exec -- name", "npm", "name", None, []),
        ("uvx mcp-server-git==1.2.3 --repository .", "pypi", "mcp-server-git", "1.2.3", ["--repository", "."]),
        ("uvx mcp-server-git@1.2.3", "pypi", "mcp-server-git", "1.2.3", []),
        ("uvx mcp-server-git>=1", "pypi", "mcp-server-git", None, []),
        ("uvx --python 3.12 --from mcp-x[cli]==0.1 mcp-x-server serve", "pypi", "mcp-x", "0.1", ["serve"]),
        ("uvx --with mcp<2 mcp-server-sqlite", "pypi", "mcp-server-sqlite", None, []),
        ("uv tool run mcp-server-time", "pypi", "mcp-server-time", None, []),
        ("pipx run --spec mcp-x==1.0 mcp-x", "pypi", "mcp-x", "1.0", []),
        ("docker run -i --rm mcp/time", "oci", "mcp/time", None, []),
        (
            "docker run -it --mount type=bind,src=/a,dst=/b ghcr.io/a/b:1.0 serve",
            "oci",
            "ghcr.io/a/b",
            "1.0",
            ["serve"],
        ),
        ("podman run --rm -i --network none a/b", "oci", "a/b", None, []),
    ],
)
def test_a_command_line_is_read_as_its_runner_reads_it(command, kind, address, version, arguments):
    found = target(command)
    assert (found.kind.value, found.address, found.version, found.transport) == (kind, address, version, "stdio")
    assert [need.value for need in found.needs if need.kind == "argument"] == arguments


@pytest.mark.parametrize(
    ("command", "extras", "chosen"),
    [
        ("uvx --from mcp-x[cli,http]==0.1 mcp-x-server serve", ["cli", "http"], ["mcp-x-server"]),
        ("uvx mcp-x[cli] serve", ["cli"], []),
        ("uvx --from=mcp-x mcp-x", [], ["mcp-x"]),
        ("pipx run --spec mcp-x[] mcp-x", [], ["mcp-x"]),
        ("npx -y -p @scope/name@2.0.0 some-command --port 1", [], ["some-command"]),
        ("npx -y @scope/name serve", [], []),
    ],
)
def test_the_extras_and_the_command_that_a_command_line_chooses_are_kept(command, extras, chosen):
    needs = target(command).needs
    assert [need.name for need in needs if need.kind == "extra"] == extras
    assert [need.value for need in needs if need.kind == "command"] == chosen


@pytest.mark.parametrize(
    "command",
    [
        "node /home/me/server.js",
        "python -m my_server",
        "uv run server.py",
        "uvx --from git+https://github.com/a/b server",
        "uvx --from ./local server",
        "uvx --with-editable . server",
        "npx -y github:a/b",
        "npx ./local",
        "npx -c echo",
        "npx",
        "npx -y --",
        "npx -- --flag",
        "docker compose up",
        "docker run",
        "docker run --privileged",
        "cmd /c",
        "npx --package",
    ],
)
def test_a_command_that_nobody_else_can_run_is_dropped_and_named(command):
    program, *arguments = command.split()
    (drop,) = read({"mcpServers": {"mine": {"command": program, "args": arguments}}})
    assert isinstance(drop, Dropped)
    assert (drop.source_id, drop.reason) == ("mine", DropReason.NO_TARGET)
    assert command in drop.detail


@pytest.mark.parametrize("key", ["mcpServers", "servers"])
@pytest.mark.parametrize(
    ("entry", "transport"),
    [
        ({"url": "https://a.example/mcp"}, Transport.STREAMABLE_HTTP),
        ({"url": "https://a.example/sse"}, Transport.SSE),
        ({"type": "sse", "url": "https://a.example/events"}, Transport.SSE),
        ({"type": "http", "url": "https://a.example/sse"}, Transport.STREAMABLE_HTTP),
        ({"type": "streamableHttp", "url": "https://a.example/mcp"}, Transport.STREAMABLE_HTTP),
        ({"command": "npx", "args": ["-y", "mcp-remote", "https://a.example/mcp"]}, Transport.STREAMABLE_HTTP),
    ],
)
def test_remotes_of_every_client(key, entry, transport):
    found = configured(entry, key).targets[0]
    assert (found.kind, found.transport) == (TargetKind.REMOTE, transport)
    assert found.address.startswith("https://a.example/")


def test_the_settings_of_vs_code_keep_their_servers_one_level_below():
    (found,) = read({"editor.fontSize": 12, "mcp": {"servers": {"a": {"url": "https://a.example"}}}})
    assert isinstance(found, Listing)


SECRETS = {
    "command": "npx",
    "args": [
        "-y",
        "name",
        "--api-key",
        "hunter2hunter2",
        "--token=hunter2",
        "--header",
        "X-Team: hunter2",
        "postgresql://me:hunter2@db.example/x",
        "sk-hunter2hunter2",
        "PASSWORD=hunter2",
        "https://a.example/?access_token=hunter2&page=1",
        '{"apiKey": "hunter2"}',
        "${input:path}",
        "/data",
    ],
    "env": {"API_KEY": "hunter2", "HOME_PAGE": "hunter2"},
    "headers": {"Authorization": "Bearer hunter2"},
    "cwd": "/home/hunter2",
    "oauth": {"clientSecret": "hunter2", "retries": 3},
    "envFile": "hunter2",
    "disabled": False,
}


def test_no_secret_of_a_configuration_survives():
    found = configured(SECRETS)
    assert "hunter2" not in repr(found)
    assert found.raw["env"] == {"API_KEY": "", "HOME_PAGE": ""}
    assert found.raw["oauth"] == {"clientSecret": "", "retries": 3}
    assert found.raw["args"][:3] == ["-y", "name", "--api-key"]
    assert found.raw["disabled"] is False


def test_the_names_of_what_was_taken_out_stay_as_needs():
    needs = configured(SECRETS).targets[0].needs
    assert [need.name for need in needs if need.kind == "env"] == ["API_KEY", "HOME_PAGE"]
    assert Need("argument", "--api-key", required=True, secret=True) in needs
    assert Need("argument", "--token", required=True, secret=True) in needs
    assert Need("argument", "", value="/data") in needs
    assert Need("argument", "", "${input:path}", required=True) in needs


@pytest.mark.parametrize(
    ("url", "address", "variables"),
    [
        ("https://a.example/mcp?api_key=hunter2&page=2", "https://a.example/mcp?api_key={api_key}&page=2", ["api_key"]),
        ("https://a.example/mcp?x=sk-hunter2hunter2", "https://a.example/mcp?x={x}", ["x"]),
        ("https://a.example/mcp?key=${input:key}", "https://a.example/mcp?key=${input:key}", ["key"]),
        ("https://a.example/" + "0a" * 20 + "/mcp", "https://a.example/{secret}/mcp", ["secret"]),
    ],
)
def test_a_secret_in_a_url_becomes_a_variable(url, address, variables):
    found = configured({"url": url})
    assert found.targets[0].address == address
    assert [need.name for need in found.targets[0].needs] == variables
    assert found.raw["url"] == address


def test_a_url_with_a_password_is_dropped_without_it():
    (drop,) = read({"mcpServers": {"a": {"url": "https://me:hunter2@a.example/mcp"}}})
    assert isinstance(drop, Dropped)
    assert "hunter2" not in drop.detail


def test_a_dropped_command_is_named_without_its_secrets():
    (drop,) = read({"mcpServers": {"a": {"command": "node", "args": ["x.js", "--token", "hunter2"]}}})
    assert isinstance(drop, Dropped)
    assert "hunter2" not in drop.detail


def test_environment_that_docker_hands_on_is_needed_and_its_values_are_gone():
    handed_on = ["-e", "TEAM=hunter2", "--env", "API_KEY", "--env=PLACE=hunter2", "-eSHORT=hunter2"]
    found = configured({"command": "docker", "args": ["run", *handed_on, "a/b"]})
    assert [need.name for need in found.targets[0].needs if need.kind == "env"] == ["TEAM", "API_KEY", "PLACE"]
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    "name", ["--api-key", "apiKey", "GITHUB_TOKEN", "X-Auth", "Authorization", "dbPassword", "pat"]
)
def test_names_that_say_secret(name):
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["--path", "--keyboard-layout", "--tokenizer", "--author", "--passive", "--db-path"])
def test_names_that_do_not(name):
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "word",
    ["/tmp", "--db-path", "test.db", "@modelcontextprotocol/server-filesystem@2026.8.31", "https://a.example/b?c=1"],
)
def test_plain_arguments_are_left_alone(word):
    assert without_secrets(["-y", word]) == ["-y", word]


def test_no_real_package_is_taken_for_a_secret():
    names: set[str] = set()
    for seed in CORPUS.glob("registry_seed*.gz"):
        with gzip.open(seed) as stream:
            packages = [package for record in json.load(stream) for package in record.get("packages", [])]
        names |= {package.get("identifier") or package["name"] for package in packages}
    if not names:
        pytest.skip("the corpus is not here")
    assert [name for name in sorted(names) if without_secrets([name]) != [name]] == []


def test_a_name_that_stands_twice_is_reported_and_the_first_is_kept():
    content = '{"mcpServers": {"a": {"url": "https://1.example"}, "b": {"url": "https://b.example"}, "a": {}}}'
    first, second, drop = read(read_json(content, "servers.json"))
    assert isinstance(first, Listing)
    assert first.targets[0].address == "https://1.example"
    assert isinstance(second, Listing)
    assert isinstance(drop, Dropped)
    assert (drop.source_id, drop.reason) == ("a", DropReason.DUPLICATE_NAME)


@pytest.mark.parametrize("entry", [None, 7, "npx name", [], {}, {"command": 7}, {"command": []}, {"args": ["x"]}])
def test_an_entry_of_a_wrong_type_is_dropped(entry):
    (drop,) = read({"mcpServers": {"odd": entry}})
    assert isinstance(drop, Dropped)
    assert drop.source_id == "odd"


def test_an_entry_with_an_empty_command_and_a_url_is_a_remote():
    assert configured({"command": None, "args": None, "url": "https://a.example"}).raw["command"] is None


def test_an_entry_that_is_nested_too_deeply_is_dropped():
    nested: Any = "hunter2"
    for _ in range(990):
        nested = {"a": nested}
    (drop,) = read({"mcpServers": {"deep": {"command": "npx", "args": ["name"], "other": nested}}})
    assert isinstance(drop, Dropped)
    assert drop.reason is DropReason.TOO_LARGE


def test_wrong_types_inside_an_entry_do_no_harm():
    found = configured({"command": "npx", "args": ["name", 7, None, {"a": 1}], "env": ["A"], "headers": 3})
    assert [need.value for need in found.targets[0].needs] == ["7", None]


@pytest.mark.parametrize("document", [None, 7, "text", {"other": 1}])
def test_a_document_without_servers_is_an_error_that_names_the_file(document):
    with pytest.raises(SourceError, match=r"^servers\.json "):
        read(document)


LENIENT = """\ufeff// my servers
{
  /* a block, with a "string" in it */
  "mcpServers": {
    "a": { "url": "https://a.example/x//y", }, // trailing
    "b": { "url": "https://b.example/,]" , },
  },
}
"""


def test_comments_trailing_commas_and_a_byte_order_mark_are_read_as_vs_code_reads_them():
    found = read(read_json(LENIENT, "servers.json"))
    assert [item.targets[0].address for item in found if isinstance(item, Listing)] == [
        "https://a.example/x//y",
        "https://b.example/,]",
    ]


@pytest.mark.parametrize("content", ["", "{", "[1,,2]", "NaN", '{"a": Infinity}', "[" * 100_000, '{"a": "' + "x" * 10])
def test_what_is_no_json_in_any_reading_is_an_error_that_names_it(content):
    with pytest.raises(SourceError, match=r"^servers\.json is not JSON: \w"):
        read_json(content, "servers.json")


def test_a_fault_is_named_where_its_author_sees_it():
    with pytest.raises(SourceError, match="line 4"):
        read_json('// one\n/* two\n three */\n{"a": oops}', "servers.json")


@pytest.mark.parametrize("unit", ["/*", '"', '"\\', ",", ", ", "//", "\\", "/*\n", '",'])
def test_hostile_text_costs_linear_time(unit):
    started = time.perf_counter()
    with pytest.raises(SourceError):
        read_json("[" + unit * 200_000, "servers.json")
    assert time.perf_counter() - started < 2


def test_the_examples_of_this_project_are_all_usable():
    path = Path(__file__).parents[2] / "examples" / "servers.json"
    found = read(json.loads(path.read_text()))
    assert len(found) >= 16
    assert all(isinstance(item, Listing) and item.targets[0].version for item in found)


CONFIGURATIONS = Path(__file__).parents[1] / "audit" / "home"


@pytest.mark.parametrize(
    ("file", "addresses"),
    [
        (".codex/config.toml", ["acme-context", "https://tracker.example/mcp", "acme-off"]),
        (".config/goose/config.yaml", ["acme-fetch", "https://wiki.example/mcp"]),
        (".continue/config.yaml", ["acme-sqlite", "https://remote.example/mcp"]),
        (".config/opencode/opencode.jsonc", ["acme-bun", "https://hosted.example/mcp"]),
        (".config/zed/settings.json", ["acme-plain"]),
        (".claude.json", ["https://notes.example/mcp", "acme-payments"]),
        (".cursor/mcp.json", ["mcp-server-git", "https://docs.example/sse?token={token}"]),
    ],
)
def test_the_file_source_reads_what_clients_write_and_keeps_no_secret_of_it(file, addresses):
    found = [one for one in read_file(CONFIGURATIONS / file, ORIGIN) if isinstance(one, Listing)]
    assert [one.targets[0].address for one in found] == addresses
    secrets = {f"PLANTED-{number}" for number in (3, 4, 5, 6, 7, 11, 13, 14)}
    kept = json.dumps([one.raw for one in found])
    assert not [secret for secret in secrets if f'{secret}"' in kept or f"{secret}@" in kept]
    assert all(one.raw["name"] for one in found)


def test_a_list_of_registry_records_is_still_one():
    record = {"name": "a/b", "remotes": [{"type": "sse", "url": "https://a.example/sse"}]}
    (found,) = read({"servers": [record]})
    assert isinstance(found, Listing)
    assert found.name == "a/b"
