"""What a person has to fill in before some calls can pass: folders, hosts, domains, sums. Knows no tool and no verdict.

Until it is filled in, a placeholder denies every call that gives its argument. In a document it is a pattern that fits
every text and has the placeholder's name in it, so it can be found again in any document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from catalogue.errors import CatalogueError
from catalogue.policies.document import Denial, Operator, Policy, Predicate, ToolRule
from catalogue.policies.place import closest, step

_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")


class Blank(StrEnum):
    """The kinds of placeholders. The value is the name under which one is filled in."""

    ROOT = "root"
    HOST = "host"
    DOMAIN = "domain"
    CAP = "cap"
    DAILY = "daily"
    CURRENCY = "currency"


MEANINGS: dict[Blank, str] = {
    Blank.ROOT: "a folder below which paths must stay, such as /srv/data (a single dot: any relative path)",
    Blank.HOST: "a host that URLs may lead to, such as api.example.com",
    Blank.DOMAIN: "a domain that may be written to, such as example.com",
    Blank.CAP: "the largest amount of one call, such as 50",
    Blank.DAILY: "the sum of all amounts of a day, such as 200",
    Blank.CURRENCY: "a currency that amounts may be in, such as EUR",
}
_SHAPES: dict[Blank, re.Pattern[str]] = {
    Blank.ROOT: re.compile(r"\.|(?:/|[A-Za-z]:[\\/])?[^/\\\x00-\x1f:]+(?:[/\\][^/\\\x00-\x1f:]+)*[/\\]?"),
    Blank.HOST: re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"),
    Blank.CAP: _NUMBER,
    Blank.DAILY: _NUMBER,
    Blank.CURRENCY: re.compile(r"[A-Za-z0-9]{2,10}"),
}
_SHAPES[Blank.DOMAIN] = _SHAPES[Blank.HOST]
_SINGLE = frozenset({Blank.CAP, Blank.DAILY})
_LONGEST = 120
"""Characters of one value: a pattern has some twelve for each, and 2,000 is the most for a pattern."""
_PATTERN = re.compile(rf"\(\?:fill in ({'|'.join(Blank)})\)\?")


@dataclass(frozen=True, slots=True)
class Filling:
    """What a person has filled in; empty where nothing is."""

    root: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    cap: tuple[int | float, ...] = ()
    daily: tuple[int | float, ...] = ()
    currency: tuple[str, ...] = ()


NOTHING = Filling()


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A placeholder that stands in a document: what is to be filled in, for which tool, and where."""

    blank: Blank
    tool: str
    path: str
    pointer: str


def read_filling(given: Iterable[str]) -> Filling:
    """Read `NAME=VALUE`, as on a command line. Raises `CatalogueError` for a name or a value that is none."""
    filling = NOTHING
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name not in list(Blank):
            near = closest(name, tuple(Blank))
            raise CatalogueError(
                f"{text!r} fills nothing in; expected NAME=VALUE, and a name of {', '.join(Blank)}",
                f"did you mean {near}={value or '...'}?" if near else "",
            )
        filling = replace(filling, **{name: _added(filling, Blank(name), value)})
    return filling


def _added(filling: Filling, blank: Blank, value: str) -> tuple[Any, ...]:
    if not _SHAPES[blank].fullmatch(value) or len(value) > _LONGEST or ".." in value:
        raise CatalogueError(f"{value!r} is no {blank}", f"{blank} is {MEANINGS[blank]}")
    before: tuple[Any, ...] = getattr(filling, blank)
    if before and blank in _SINGLE:
        raise CatalogueError(f"{blank} is given twice", f"{blank} is {MEANINGS[blank]}")
    if blank in _SINGLE:
        return (float(value) if "." in value else int(value),)
    return (*before, value)


def unfilled_denial(blank: Blank, path: str) -> Denial:
    """Denies every call that gives the argument."""
    pattern = f"(?:fill in {blank})?"  # fits every text, and what is no text cannot be judged, which denies
    return Denial((Predicate(path, Operator.REGEX, pattern),), f"Nobody has filled in {blank}: {MEANINGS[blank]}.")


def unfilled(policy: Policy) -> tuple[Unfilled, ...]:
    """The placeholders of a document that still wait for a person, in its order."""
    return tuple([one for tool, rule in policy.tools.items() if rule.deny_if for one in unfilled_in(tool, rule)])


def unfilled_in(tool: str, rule: ToolRule) -> tuple[Unfilled, ...]:
    """The placeholders of one tool's rule."""
    found = []
    for index, denial in enumerate(rule.deny_if):
        for predicate in denial.conditions:
            blank = blank_of(predicate)
            if blank:
                pointer = step(step(step("/tools", tool), "deny_if"), index)
                found.append(Unfilled(blank, tool, predicate.path, pointer))
    return tuple(found)


def blank_of(predicate: Predicate) -> Blank | None:
    """What a condition waits for; `None` if it is no placeholder."""
    match = _PATTERN.fullmatch(str(predicate.value)) if predicate.op is Operator.REGEX else None
    return Blank(match[1]) if match else None
