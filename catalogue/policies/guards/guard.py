"""What a guard is, and what it is told of a tool. Knows no kind of danger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from catalogue.policies.document import Approval, Denial, Limit, Operator, Predicate
from catalogue.policies.parameters import Argument, arguments_of, pointed_at, text_path
from catalogue.policies.place import shown
from catalogue.policies.placeholders import Filling
from classifier.lazy import lazy
from classifier.verdict import Signal, Verdict


class Guard(NamedTuple):
    """A part of a tool's rule, and the sentence that says why it is there; or, with no part, why there is none."""

    reason: str
    require: tuple[Predicate, ...] = ()
    deny_if: tuple[Denial, ...] = ()
    ask_if: tuple[Approval, ...] = ()
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True)
class Subject:
    """A tool as guards see it.

    `reads`: it only returns information. `narrowed`: some of its calls are kept to harmless values already, and these
    must not need what only the others have. `full`: the posture has rules that need a person to fill something in.
    """

    name: str
    definition: Mapping[str, Any]
    verdict: Verdict
    reads: bool
    narrowed: bool
    full: bool
    filling: Filling

    @lazy
    def arguments(self) -> tuple[Argument, ...]:
        return arguments_of(self.definition)

    @lazy
    def signals(self) -> Mapping[str, Signal]:
        """What the verdict says of the tool, by its id."""
        return {signal.id: signal for signal in self.verdict.signals}

    def pointed_at(self, signal: str) -> tuple[Argument, ...]:
        """The arguments that a signal's evidence is about."""
        if signal not in self.signals:
            return ()
        pointers = [one.pointer for one in self.signals[signal].evidence if one.pointer.startswith("/inputSchema/")]
        return pointed_at(self.arguments, pointers) if pointers else ()

    def text_at(self, argument: Argument) -> str | None:
        """The path to the texts that an argument takes, if it takes nothing else and any text."""
        return None if argument.parameter.enum else text_path(self.definition, argument)


def pattern_denial(path: str, pattern: str, on_deny: str) -> Denial:
    """Denies a call of which a text fits the pattern."""
    return Denial((Predicate(path, Operator.REGEX, pattern),), on_deny)


def pattern_approval(path: str, pattern: str, on_ask: str) -> Approval:
    """Holds a call of which a text fits the pattern."""
    return Approval((Predicate(path, Operator.REGEX, pattern),), on_ask)


def gap(argument: Argument) -> Guard:
    """Says that an argument needs a rule and cannot have one."""
    name = shown(argument.parameter.path)
    return Guard(f"No rule checks {name}: its schema allows more than text, or its name has a dot or a bracket.")
