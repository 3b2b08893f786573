"""Who asked not to be asked: domains, addresses and packages of the list that travels with us, and of the operator's.

One entry a line; what follows a # is a comment. `example.com` stands for every host of that domain, an http or https
address for all below it by either scheme, `npm:NAME` and the like for a package, in any spelling that its registry
takes for the same. Letter case never counts: who is left alone for once too often loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from crawler.addresses import normalise
from crawler.records import CrawlerError, Target, TargetKind

_LIST = "opt_out.txt"


class OptOutError(CrawlerError):
    """An opt-out list that cannot be read: all that is wrong, one a line."""


_URLS = (TargetKind.REMOTE, TargetKind.MCPB)
"""Kinds whose addresses are URLs."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """What is not asked, lower case; `places` are URLs without their scheme."""

    domains: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()
    packages: frozenset[str] = frozenset()

    def covers(self, target: Target) -> bool:
        """Tell whether the target is not to be asked."""
        if target.kind not in _URLS:
            return _package(target.kind, target.address) in self.packages
        try:
            host = (urlsplit(target.address).hostname or "").rstrip(".")
        except ValueError:
            return False
        labels = host.split(".")
        place = _place(target.address)
        below = any(place == entry or place.startswith((f"{entry}/", f"{entry}?")) for entry in self.places)
        return below or any(".".join(labels[start:]) in self.domains for start in range(len(labels)))


def _place(url: str) -> str:
    return normalise(TargetKind.REMOTE, url).partition("://")[2].lower()


def _package(kind: TargetKind, name: str) -> str:
    return f"{kind.value}:{normalise(kind, name)}".lower()


def read_opt_out(own: Path | None = None) -> OptOut:
    """Read the list that travels with us, and the operator's `own`. Raises `OptOutError`."""
    lines = (files("crawler") / _LIST).read_text("utf-8").splitlines()
    if own is None:
        return parse_opt_out(lines, _LIST)
    try:
        added = own.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OptOutError(f"{own} is no opt-out list: {getattr(error, 'strerror', None) or 'not text'}") from error
    ours = parse_opt_out(lines, _LIST)
    theirs = parse_opt_out(added, str(own))
    return OptOut(ours.domains | theirs.domains, ours.places + theirs.places, ours.packages | theirs.packages)


def parse_opt_out(lines: Iterable[str], name: str) -> OptOut:
    """Read the lines of the list called `name`. Raises `OptOutError` with everything that is wrong."""
    domains, places, packages, problems = set(), [], set(), []
    for number, line in enumerate(lines, 1):
        entry = line.partition("#")[0].strip().lower()
        kind, _, rest = entry.removeprefix("mcpb:").partition(":")
        if kind in ("http", "https") and rest.strip("/"):
            places.append(_place(f"{kind}:{rest}"))
        elif rest and kind in [one.value for one in TargetKind if one not in _URLS]:
            packages.add(_package(TargetKind(kind), rest))
        elif entry and not set(entry) & set(":/ \t*"):
            domains.add(entry.strip("."))
        elif entry:
            problems.append(f"{name}:{number}: {entry[:100]!r} is no domain, no address and no package")
    if problems:
        raise OptOutError("\n".join(problems))
    return OptOut(frozenset(domains), tuple(places), frozenset(packages))
