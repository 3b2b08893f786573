"""What an attack pattern is, and which tools show the signals that it needs. Knows no file and no page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from catalogue.policies.document import Policy
from catalogue.policies.evaluate import Outcome
from catalogue.policies.recommend import Posture
from classifier.verdict import Category


class Stops(StrEnum):
    """How far a policy stops the attack. Declared from most to least."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happened, or that researchers showed. `date` is as exact as is known: a month or a day.

    `references` are the words of who found it or of who it happened to.
    """

    date: str
    what: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """What a tool must have, all of it, to be of use to the attack; no categories: any will do."""

    signals: frozenset[str]
    categories: frozenset[Category]

    def met_by(self, category: Category, signals: Iterable[str]) -> bool:
        """Whether a verdict has all of it."""
        return self.signals.issubset(signals) and (not self.categories or category in self.categories)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that the policy decides, `times` in a row within one minute, and what becomes of the last one."""

    tool: str
    arguments: Mapping[str, Any]
    times: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Check:
    """Tools of a server under attack, the policy for them, and what becomes of calls under it.

    `policy` is a document, or the posture in which one is recommended for the tools.
    """

    tools: tuple[Mapping[str, Any], ...]
    policy: Policy | Posture
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One attack pattern.

    `happens` is one paragraph, `works` are its steps. `needs` are alternatives; none: no definition shows it. `flow`:
    it needs tools that together close a toxic flow. `policy` says what a policy does about it, `beyond` what it leaves
    open and what helps there. `check` is there unless no policy stops it.
    """

    id: str
    name: str
    summary: str
    happens: str
    works: tuple[str, ...]
    incidents: tuple[Incident, ...]
    needs: tuple[Need, ...]
    flow: bool
    stops: Stops
    policy: str
    beyond: tuple[str, ...]
    check: Check | None
    references: tuple[str, ...]


def patterns_of(patterns: Iterable[Pattern], category: Category, signals: Collection[str]) -> tuple[Pattern, ...]:
    """Return the patterns whose signals a tool has."""
    return tuple(one for one in patterns if any(need.met_by(category, signals) for need in one.needs))
