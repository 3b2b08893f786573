"""Who asked not to be asked: domains, addresses and packages of the list that travels with us, and of the operator's.

One entry a line; what follows a # is a comment. `example.com` stands for every host of that domain, an http or https
address for all below it, `npm:NAME` and the like for a package.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from crawler.records import CrawlerError, Target, TargetKind

_LIST = "opt_out.txt"


class OptOutError(CrawlerError):
    """An opt-out list that cannot be read: all that is wrong, one a line."""


_OF_THE_WEB = frozenset({TargetKind.REMOTE, TargetKind.MCPB})
"""What is asked at an address of its own, so that whoever has the domain has a say."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """What is not asked, lower case."""

    domains: frozenset[str] = frozenset()
    addresses: tuple[str, ...] = ()
    packages: frozenset[str] = frozenset()

    def covers(self, target: Target) -> bool:
        """Tell whether the target is not to be asked."""
        if f"{target.kind.value}:{target.address}".lower() in self.packages:
            return True
        if target.kind not in _OF_THE_WEB:
            return False
        try:
            host = (urlsplit(target.address).hostname or "").rstrip(".")
        except ValueError:
            return False
        labels = host.split(".")
        below = any(f"{target.address.lower()}/".startswith(address) for address in self.addresses)
        return below or any(".".join(labels[start:]) in self.domains for start in range(len(labels)))


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
    return OptOut(ours.domains | theirs.domains, ours.addresses + theirs.addresses, ours.packages | theirs.packages)


def parse_opt_out(lines: Iterable[str], name: str) -> OptOut:
    """Read the lines of the list called `name`. Raises `OptOutError` with everything that is wrong."""
    domains, addresses, packages, problems = set(), [], set(), []
    for number, line in enumerate(lines, 1):
        entry = line.partition("#")[0].strip().lower()
        kind, colon, rest = entry.partition(":")
        if entry.startswith(("http://", "https://")):
            addresses.append(entry.rstrip("/") + "/")
        elif colon and rest and kind in [one.value for one in TargetKind if one is not TargetKind.REMOTE]:
            packages.add(entry)
        elif entry and not set(entry) & set(":/ \t*"):
            domains.add(entry.strip("."))
        elif entry:
            problems.append(f"{name}:{number}: {entry[:100]!r} is no domain, no address and no package")
    if problems:
        raise OptOutError("\n".join(problems))
    return OptOut(frozenset(domains), tuple(addresses), frozenset(packages))
