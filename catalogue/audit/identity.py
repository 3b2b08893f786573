"""Which server of the catalogue a configured one is: exactly by its target, likely by what else its entry says.

A name that only looks like a package's makes nothing likely: that is how impostors are named. Nor does the name under
which a person keeps the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit, urlunsplit

from catalogue.audit.report import Candidate, Configured, Identity, Known
from catalogue.identity import target_key
from crawler.records import Target, TargetKind
from crawler.spiders.configured import ConfiguredServer

_USUAL_PATHS = ("/mcp", "/sse", "", "/api/mcp", "/v1/mcp", "/mcp/sse")
_INSTALLED = re.compile(r"(?:.*[/\\])?node_modules[/\\]((?:@[\w.-]+[/\\])?[\w.-]+)(?:[/\\].*)?")
_PROGRAM = re.compile(r"[A-Za-z][\w.-]{2,100}")
_INTERPRETERS = frozenset(
    {"bash", "bun", "cmd", "deno", "docker", "dotnet", "go", "java", "node", "npm", "npx", "php", "pnpm", "podman"}
    | {"poetry", "python", "python3", "ruby", "sh", "uv", "uvx", "yarn"}
)
"""Programs that say nothing of the server that they run."""
NOT_ASKED = "no catalogue was asked"


def candidates(entry: ConfiguredServer) -> tuple[Candidate, ...]:
    """The targets that an entry may be, its own first."""
    target = entry.target()
    if target is None:
        return tuple(_of_program(entry.command))
    own = Candidate(target_key(target.kind, target.address))
    others = _of_remote(target) if target.kind is TargetKind.REMOTE else ()
    return (own, *(other for other in others if other.key != own.key))


def identify(server: Configured, names: Mapping[str, str] | None) -> Identity:
    """Tell who it is, by the names of servers for the candidates that the catalogue knows (`None`: none was asked)."""
    for candidate in server.candidates if names else ():
        if names and (name := names.get(candidate.key)):
            return Identity(Known.LIKELY if candidate.why else Known.EXACT, name, candidate.why)
    return Identity(Known.UNKNOWN, "", server.fault or _reason(server, asked=names is not None))


def _reason(server: Configured, *, asked: bool) -> str:
    if server.target is not None:
        return "the catalogue does not have its target" if asked else NOT_ASKED
    return f"it starts {server.words}" if server.words else "it names nothing to start or to ask"


def _of_remote(target: Target) -> Iterator[Candidate]:
    """The address without its query, and the usual paths of the same host."""
    parts = urlsplit(target.address)
    if not parts.netloc or "{" in parts.netloc:
        return
    if parts.query:
        bare = urlunsplit(parts._replace(query="", fragment=""))
        yield Candidate(target_key(TargetKind.REMOTE, bare), "its address without the query is the server's")
    for path in _USUAL_PATHS:
        other = urlunsplit(("https", parts.netloc, path, "", ""))
        yield Candidate(target_key(TargetKind.REMOTE, other), "it is at the same host under another path")


def _of_program(command: list[str]) -> Iterator[Candidate]:
    """The packages whose program a command starts: by where a file stands, a module's name, or the program's own."""
    for word in command[:4]:
        if found := _INSTALLED.fullmatch(word[:1000]):
            name = found[1].replace("\\", "/")
            yield Candidate(target_key(TargetKind.NPM, name), "it runs a file of that package")
    if "-m" in command[:4] and (module := command[command.index("-m") + 1 :][:1]):
        yield from _packages([TargetKind.PYPI], module[0].partition(".")[0], "it runs a module of that name")
    names = [re.split(r"[/\\]", word)[-1] for word in command[:1]]
    if command[:2] in (["uv", "run"], ["poetry", "run"]):
        names += [word for word in command[2:] if not word.startswith("-")][-1:]
    for name in names:
        if name.removesuffix(".exe") not in _INTERPRETERS:
            kinds = [TargetKind.PYPI, TargetKind.NPM]
            yield from _packages(kinds, name.removesuffix(".exe"), "its program is called as the package")


def _packages(kinds: list[TargetKind], name: str, why: str) -> Iterator[Candidate]:
    if _PROGRAM.fullmatch(name):
        yield from (Candidate(target_key(kind, name), why) for kind in kinds)
