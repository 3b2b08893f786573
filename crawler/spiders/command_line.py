"""From the command of a client's configuration to the package that it runs: `npx -y @scope/name@1.2 /tmp` is from npm.

Knows the package runners by name and which of their options take a value. A command that runs a file of somebody's
machine (`node /path/x.js`) names nothing that anyone else could ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath, PureWindowsPath

from crawler.records import Need, Target, TargetKind
from crawler.spiders.fields import (
    ADDRESS_LIMIT,
    ENTRY_LIMIT,
    TEXT_LIMIT,
    remote_address,
    remote_transport,
    storable,
    text,
)
from crawler.spiders.packages import specified
from crawler.spiders.secret_values import REDACTED, is_secret_name


@dataclass(frozen=True, slots=True)
class _Runner:
    """How a package runner reads its command line: which options take a value, name the package, or are not for us."""

    kind: TargetKind
    valued: re.Pattern[str]
    naming: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


_NPX = _Runner(
    TargetKind.NPM,
    valued=re.compile(r"-w|--(?:registry|prefix|cache|userconfig|workspace|node-options)"),
    naming=frozenset({"-p", "--package"}),
    refused=frozenset({"-c", "--call"}),  # runs a shell line
)
_UVX = _Runner(
    TargetKind.PYPI,
    valued=re.compile(
        r"-[wpicfPC]|--(?:with(?:-requirements)?|python|index|(?:default|extra)-index|(?:extra-)?index-url|find-links"
        r"|constraints|overrides|directory|project|cache-dir|config-file|env-file|(?:refresh|upgrade)-package|prerelease"
        r"|resolution|color|pip-args|index-strategy|keyring-provider|link-mode|exclude-newer)"
    ),
    naming=frozenset({"--from", "--spec"}),
    refused=frozenset({"--with-editable"}),  # a folder of somebody's machine
)
_DOCKER = _Runner(
    TargetKind.OCI,  # nearly all of its options take a value; these do not
    valued=re.compile(
        r"(?!(?:-[itdPq]+|--(?:rm|init|tty|interactive|detach|privileged|read-only|publish-all|no-healthcheck|quiet))$).*"
    ),
)
_RUNNERS: Mapping[tuple[str, ...], _Runner] = {
    ("npx",): _NPX,
    ("bunx",): _NPX,
    ("pnpx",): _NPX,
    ("npm", "exec"): _NPX,
    ("npm", "x"): _NPX,
    ("bun", "x"): _NPX,
    ("pnpm", "dlx"): _NPX,
    ("yarn", "dlx"): _NPX,
    ("uvx",): _UVX,
    ("uv", "tool", "run"): _UVX,
    ("uv", "x"): _UVX,
    ("pipx", "run"): _UVX,
    ("docker", "run"): _DOCKER,
    ("docker", "container", "run"): _DOCKER,
    ("podman", "run"): _DOCKER,
}
_EXTRAS = re.compile(r"\[(?P<names>[A-Za-z0-9 ._,-]*)\]")
_PLACEHOLDER = re.compile(r".*(?:\$\{input:|<[^>]+>).*", re.DOTALL)


def launched(command: Sequence[str], needs: tuple[Need, ...]) -> Target | None:
    """The target that the words of a command start, with the needs of its configuration and those of its arguments.

    The words come without secrets (`without_secrets`). `None`: the command starts no package.
    """
    words = [_program(command[0]), *command[1:]] if command else []
    if len(words) > 2 and words[0] == "cmd" and words[1].lower() == "/c":  # what npx needs on Windows
        words = [_program(words[2]), *words[3:]]
    for prefix, runner in _RUNNERS.items():
        if tuple(words[: len(prefix)]) == prefix:
            return _run(runner, words[len(prefix) :], needs)
    return None


def _program(path: str) -> str:
    """The name of a program: `/usr/bin/npx` and `npx.cmd` are `npx`."""
    name = PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name
    return re.sub(r"\.(?:cmd|exe|bat|ps1)$", "", name.lower())


def _run(runner: _Runner, words: Sequence[str], needs: tuple[Need, ...]) -> Target | None:
    options, rest = _options(runner, words)
    if any(option in runner.refused for option, _ in options):
        return None
    named = [value for option, value in options if option in runner.naming]
    if not named and not rest:
        return None
    specifier, arguments = named[0] if named else rest[0], rest[1:]
    if runner is _NPX and specifier.split("@")[0] == "mcp-remote" and arguments:
        return _bridged(arguments[0], needs)
    variables = _variables(options) if runner is _DOCKER else ()
    chosen = _chosen(runner, specifier, rest[0] if named and rest else None)
    return specified(runner.kind, specifier, (*needs, *variables, *chosen, *_arguments(arguments))[:ENTRY_LIMIT])


def _chosen(runner: _Runner, specifier: str, command: str | None) -> Iterator[Need]:
    """The extras in a specifier (`name[cli,http]==1`), and the command that was named besides the package."""
    if runner is _UVX and (extras := _EXTRAS.search(specifier[:ADDRESS_LIMIT])):
        names = (name.strip() for name in extras["names"].split(","))
        yield from (Need(kind="extra", name=name, required=True) for name in dict.fromkeys(names) if name)
    if command and (value := storable(command)):
        yield Need(kind="command", name="", value=value, required=True)


def _options(runner: _Runner, words: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The runner's own options with their values ("" for a switch), and the words after them."""
    found: list[tuple[str, str]] = []
    rest = list(words)
    while rest and rest[0].startswith("-"):
        option, equals, value = rest.pop(0).partition("=")
        if option == "--":
            break
        takes_value = option in runner.naming or runner.valued.fullmatch(option)
        found.append((option, rest.pop(0) if takes_value and not equals and rest else value))
    return found, rest


def _variables(options: Sequence[tuple[str, str]]) -> Iterator[Need]:
    """The environment variables that `docker run -e NAME` hands on."""
    for option, value in options:
        if option in {"-e", "--env"} and (name := value.partition("=")[0]):
            yield Need(kind="env", name=name, required=True, secret=is_secret_name(name))


def _bridged(address: str, needs: tuple[Need, ...]) -> Target | None:
    """`npx mcp-remote URL` is a bridge: what it reaches is the remote."""
    url = remote_address(address)
    transport = remote_transport(None, url) if url else None
    return Target(TargetKind.REMOTE, transport, url, None, needs) if url and transport else None


def _arguments(words: Sequence[str]) -> Iterator[Need]:
    """One need for each word, in order and verbatim; an option whose value was taken out is one need with its name."""
    remaining = pairwise((*words, ""))
    for word, following in remaining:
        name, _, value = word.partition("=")
        if word.startswith("-") and REDACTED in value:
            yield Need(kind="argument", name=name, required=True, secret=True)
        elif word.startswith("-") and following == REDACTED:
            yield Need(kind="argument", name=word, required=True, secret=True)
            next(remaining)
        else:
            yield _positional(word)


def _positional(word: str) -> Need:
    """A word to pass on; one that its user is asked for (`${input:path}`) has no value."""
    if REDACTED in word or _PLACEHOLDER.fullmatch(word) or len(word) > TEXT_LIMIT:
        return Need(kind="argument", name="", description=text(word) or "", required=True, secret=REDACTED in word)
    return Need(kind="argument", name="", value=storable(word))
