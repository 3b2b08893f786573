"""Reads one configuration of a client, from its file or as text: servers, and a sentence for each fault.

What leaves this module names no path but the one that may be shown, no value of the environment, and no secret. So
nothing that a parser says of a file's content is passed on but the line.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from catalogue.audit.identity import candidates
from catalogue.audit.places import Place, below
from catalogue.audit.report import Configured, Fault
from catalogue.wire import is_shallow
from crawler.records import SourceError, Target, TargetKind
from crawler.spiders.client_shapes import Section, sections
from crawler.spiders.configured import ConfiguredServer
from crawler.spiders.document_text import read_text
from crawler.spiders.fields import one_line
from crawler.spiders.secret_values import without_secrets
from crawler.spiders.standing_secrets import standing_secrets

LARGEST = 32 << 20  # bytes; Claude Code keeps its history beside its servers, and such files reach 10 MB
MOST_SERVERS = 1_000  # of one configuration; real ones have up to some dozens

_TRIES = 50  # places at which a name is looked for
_INDENT = 100  # characters at the start of a line that a name may follow
_OPENINGS = ("", "- name:", "name:")
_MOST_REPEATED = 20  # names that stand twice in one configuration, each told

_LANGUAGES = {".toml": "TOML", ".yaml": "YAML", ".yml": "YAML"}
_LINE = re.compile(r"line (\d+)")
_NPM_EXACT = re.compile(r"\d+\.\d+\.\d+.*")


def read(place: Place, home: Path) -> Iterator[Configured | Fault]:
    """The servers and the faults of one place, in the file's order."""
    try:
        content = _content(place)
    except OSError as error:
        yield Fault(place.client, place.shown, f"cannot be read: {error.strerror or 'no such file'}")
    else:
        yield from read_content(content, place, home)


def read_content(content: bytes, place: Place, home: Path | None) -> Iterator[Configured | Fault]:
    """The servers and the faults of what stands, or would stand, at a place; `home` is `None` for another machine's."""
    try:
        document = read_text(content, place.path.suffix, place.shown)
    except SourceError as error:
        found = _LINE.search(str(error))
        language = _LANGUAGES.get(place.path.suffix.lower(), "JSON")
        where = f": the fault is in line {found[1]}" if found else " that we read"
        yield Fault(place.client, place.shown, f"is not {language}{where}", int(found[1]) if found else 1)
    else:
        yield from _document(document, content.decode("utf-8", "replace"), place, home)


def _content(place: Place) -> bytes:
    if place.root is not None and not place.path.resolve().is_relative_to(place.root.resolve()):
        raise OSError(0, "it is a link that leads out of the folder")
    # Without blocking: what stands there may be a pipe that nobody writes to.
    handle = os.open(place.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(handle, "rb") as stream:  # noqa: PTH123 - a handle
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "it is not a file")
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise OSError(0, f"it has more than {LARGEST:,} bytes")
    return content


def _document(document: Any, text: str, place: Place, home: Path | None) -> Iterator[Configured | Fault]:
    if isinstance(document, (dict, list)) and not is_shallow(document):
        yield Fault(place.client, place.shown, "is nested too deeply")
        return
    found = list(sections(document))
    if not found and place.asked:  # else they are a client's settings without servers
        yield Fault(place.client, place.shown, "names no MCP servers")
    for section in found:
        yield from _section(section, text, place, home)


def _section(section: Section, text: str, place: Place, home: Path | None) -> Iterator[Configured | Fault]:
    lines = _Lines(text, section.keys[-1])
    if section.fault:
        yield Fault(place.client, place.shown, section.fault, lines.of(section.keys[-1]))
    if section.twice:
        says = f"has {_shown(section.twice)} twice; the first is audited, and clients may take the other"
        yield Fault(place.client, place.shown, says, _Lines(text, section.twice).of(section.twice))
    for number, (name, entry) in enumerate(section.servers.items()):
        if number == MOST_SERVERS:
            yield Fault(place.client, place.shown, f"names more than {MOST_SERVERS:,} servers; the others are left out")
            break
        yield _configured(name, entry, lines.of(name), _scope(section, place, home), place)
    for name in section.repeated[:_MOST_REPEATED]:
        says = f"names {_shown(name)} twice; the first is audited, and clients may take the other"
        yield Fault(place.client, place.shown, says, _Lines(text, section.keys[-1]).of(name))


def _scope(section: Section, place: Place, home: Path | None) -> str:
    if section.keys[0] != "projects":
        return place.scope
    folder = Path(section.keys[1])  # where Claude Code keeps servers for one folder
    return below(folder, home) or folder.name


def _configured(name: str, entry: Any, line: int, scope: str, place: Place) -> Configured:
    about = (place.client, scope, place.shown, line, _shown(name))
    if not isinstance(entry, dict):
        return Configured(
            *about, fault=f"its entry is {type(entry).__name__}, expected an object with a command or a URL"
        )
    server = ConfiguredServer(entry)
    target = server.target()
    if target is None and server.url is not None:
        return Configured(*about, enabled=server.enabled, secrets=standing_secrets(entry), fault=_refused(entry))
    return Configured(
        *about,
        enabled=server.enabled,
        target=target,
        words=_words(target) if target else "a program of this machine" if server.command else "",
        unpinned=_unpinned(target) if target else "",
        candidates=candidates(server),
        secrets=standing_secrets(entry),
    )


def _refused(entry: dict[str, Any]) -> str:
    declared = entry.get("type") or entry.get("transport")
    known = declared if declared in ("ws", "websocket") else "one that we do not know"
    return (
        f"its URL or its transport ({known}) is not one of MCP over HTTP"
        if declared
        else "its URL is not one of MCP over HTTP"
    )


def _words(target: Target) -> str:
    """The target as it may be shown: of a remote only the host, as a path or a query may hold a key."""
    if target.kind is not TargetKind.REMOTE:
        return str(target)
    scheme, _, rest = target.address.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest)[0]}" if rest else "a URL that is filled in later"


def _unpinned(target: Target) -> str:
    """What is started unpinned, "" for a version that is exact."""
    if target.kind in (TargetKind.REMOTE, TargetKind.MCPB):
        return ""
    if target.kind is TargetKind.NPM and target.version and not _NPM_EXACT.fullmatch(target.version):
        return f"{target} is a range for npm"
    return "" if target.version else f"{target} has no version"


def _shown(name: str) -> str:
    """A server's name in one line, and not if it is a secret itself."""
    return one_line(without_secrets([name])[0])


class _Lines:
    """Finds the lines of names that are asked for in the order of the text, which is gone through once."""

    def __init__(self, text: str, section: str) -> None:
        self._text = text
        self._at = max(0, text.find(section))
        self._line = text.count("\n", 0, self._at) + 1

    def of(self, name: str) -> int:
        """The line on which a name stands next, or that of the name before for one that is spelled in another way.

        In each of the three languages a name stands in quotation marks, after a dot, or at the start of its line.
        """
        place = self._at - 1
        for _ in range(_TRIES):
            place = self._text.find(name, place + 1)
            if place < 0:
                break
            before = self._text[max(0, place - _INDENT) : place].rpartition("\n")[2]
            if before.endswith(('"', "'", ".")) or before.strip() in _OPENINGS:
                self._line += self._text.count("\n", self._at, place)
                self._at = place
                break
        return self._line
