"""The attempts on one package in their order, and which of them told the truth when none of them listed its tools.

First bare; then with made-up values for what the record requires and the process itself asked for; and once more where
it says which values it takes. An attempt adds what those before it asked for, and leaves out what was made up and not
taken. Knows no sandbox and no registry.
"""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, TypeAlias

from crawler.introspector import dummies, last_words, refusals
from crawler.introspector.budget import Stopped
from crawler.introspector.session import Listed
from crawler.records import Attempt, Need, Reason, Target, TargetKind

_Name: TypeAlias = Literal["bare", "dummy-values", "older-sdk"]

_WORTH_ANOTHER = frozenset({Reason.START_FAILED, Reason.TIMED_OUT, Reason.PROTOCOL_ERROR})
"""Failures that made-up values, or an older SDK, may mend."""

_STARTS = 3
"""Of one install: bare, with made-up values, and once more with those that the process said it accepts."""

_HOW = {"bare": "as it is", "dummy-values": "with made-up values", "older-sdk": "with an older SDK"}
_FURTHEST = 5
_LONGEST_BEFORE = 120
"""Characters of what an earlier attempt said, in the detail of one that got further."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What one attempt fills in: the arguments after the command, and made-up variables."""

    name: _Name
    arguments: tuple[str, ...]
    values: Mapping[str, str]

    def command_line(self, command: str) -> str:
        """Return the command as a shell takes it, for whoever wants to repeat it."""
        values = [f"{name}={shlex.quote(value)}" for name, value in sorted(self.values.items())]
        return " ".join([*values, shlex.join([command, *self.arguments])])

    def tried(self) -> Mapping[str, str]:
        """Return all that is filled in by name: variables, and options that a value follows."""
        options = pairwise(self.arguments)
        return {**self.values, **{name: value for name, value in options if name.startswith("--")}}


Start: TypeAlias = Callable[[Filling], Awaitable[tuple[Listed, Attempt]]]
"""Starts what is installed with a filling and lists its tools. Raises `Stopped` when it does not."""


@dataclass(frozen=True, slots=True)
class _Failure:
    filling: Filling
    stopped: Stopped

    @property
    def line(self) -> str:
        """What it said last: of a process that ended it is the detail, of one that did not answer it is not."""
        if self.stopped.reason is Reason.START_FAILED:
            return str(self.stopped)
        return last_words.telling_line(self.stopped.said) or str(self.stopped)

    @property
    def may_be_mended(self) -> bool:
        """Tell whether made-up values may help; they do not help an import that fails."""
        return self.stopped.reason in _WORTH_ANOTHER and not last_words.blames_sdk(self.line)

    @property
    def reason(self) -> Reason:
        """The reason by its own name: what a process lacks, or reaches for, is why it ended or did not answer."""
        raw = self.stopped.reason
        if raw not in _WORTH_ANOTHER:
            return raw
        if last_words.wants_newer_runtime(self.line) and raw is Reason.START_FAILED:
            return Reason.NO_RUNTIME
        if last_words.wants_network(self.line):
            return Reason.NEEDS_NETWORK
        if last_words.refuses(self.line) or last_words.lacks(str(self.stopped)):
            return Reason.NEEDS_CONFIGURATION
        return raw

    @property
    def far(self) -> int:
        """How far it got: an import that failed is the least, and whoever asks for a network has all the rest.

        A process that ended for a made-up value says nothing of itself; one that ran and did not answer took them all.
        """
        if self.stopped.reason is Reason.START_FAILED and (not self.stopped.said or last_words.blames_sdk(self.line)):
            return 0
        order = (Reason.START_FAILED, Reason.NO_RUNTIME, Reason.NEEDS_CONFIGURATION, Reason.TIMED_OUT)
        if self.reason in order:
            return max(1, order.index(self.reason))
        return _FURTHEST - (self.reason is Reason.NEEDS_NETWORK)

    def detail(self) -> str:
        """Return what is to be published of it."""
        if self.stopped.reason is Reason.START_FAILED:
            return str(self.stopped)
        without = ", without a network" if self.stopped.reason is Reason.TIMED_OUT else ""
        words = last_words.telling_line(self.stopped.said)
        return f"{self.stopped}{without}" + (f'; it said "{words[:150]}"' if words else "")


class Attempts:
    """What was tried on one package, and what came of it."""

    def __init__(self, target: Target) -> None:
        self._declared = target.needs
        self._interpreter = "Python" if target.kind is TargetKind.PYPI else "Node"
        self._asked: dict[str, Need] = {}
        self._left_out: set[str] = set()
        self._failures: list[_Failure] = []

    async def first_that_lists(self, start: Start, name: Literal["bare", "older-sdk"]) -> tuple[Listed, Attempt] | None:
        """Start what is installed until it lists its tools; `None` when it does not."""
        filling = self._filling(name)
        for _ in range(_STARTS):
            try:
                listed = await start(filling)
            except Stopped as stopped:
                self._take_note(_Failure(filling, stopped))
                following = self._filling("dummy-values" if name == "bare" else name)
                if not self._failures[-1].may_be_mended or self._is_tried(following, since=name):
                    return None
                filling = following
            else:
                return listed if listed[0].tools or filling.name != "bare" else await self._fuller(start, listed)
        return None

    @property
    def may_want_older_sdk(self) -> bool:
        """Tell whether some failure may be the SDK's: it says nothing of what the package lacks."""
        return any(
            failure.stopped.reason in _WORTH_ANOTHER
            and failure.reason not in {Reason.NEEDS_CONFIGURATION, Reason.NEEDS_NETWORK}
            for failure in self._failures
        )

    def truth(self, misfit: str) -> Stopped:
        """Return why the tools were not listed: the word of the attempt that got furthest, of equals the first.

        `misfit` says which runtime the package asks for, when this machine has another one.
        """
        first, best = self._failures[0], max(self._failures, key=lambda failure: failure.far)
        reason, detail = best.reason, best.detail()
        if misfit and reason is Reason.START_FAILED:
            return Stopped(Reason.NO_RUNTIME, f"{misfit}: {detail}")
        if reason is Reason.NO_RUNTIME:
            detail = f"it needs a newer {self._interpreter} than this machine has: {detail}"
        if best is not first and best.detail() != first.detail():
            before = textwrap.shorten(first.detail(), _LONGEST_BEFORE, placeholder="…")
            detail = f"{detail} (that is {_HOW[best.filling.name]}; {_HOW[first.filling.name]}: {before})"
        return Stopped(reason, detail)

    async def _fuller(self, start: Start, bare: tuple[Listed, Attempt]) -> tuple[Listed, Attempt]:
        """Ask a package that lists nothing once more, with what the record says it requires."""
        filling = self._filling("dummy-values")
        if replace(filling, name="bare") == self._filling("bare"):
            return bare
        try:
            fuller = await start(filling)
        except Stopped:
            return bare
        return fuller if fuller[0].tools else bare

    def _take_note(self, failure: _Failure) -> None:
        self._failures.append(failure)
        said = f"{failure.stopped.said}\n{failure.stopped}" if failure.stopped.said else str(failure.stopped)
        tried = failure.filling.tried()
        corrected = refusals.asked_for(said, tried)
        not_taken = refusals.rejected(said, failure.filling.values)
        mended = {need.name for need in corrected if need.choices or need.format != "string"}
        self._left_out |= not_taken - mended - {*self._asked}
        for need in corrected:
            known = self._asked.get(need.name or need.description)
            if need.choices or not (known and known.choices):
                self._asked[need.name or need.description] = need
        self._left_out -= {need.name for need in corrected if need.name not in tried}

    def _filling(self, name: _Name) -> Filling:
        if name == "bare":
            return _filled(name, self._declared, filled=False)
        needs = [self._more_of(need) for need in self._declared if need.name not in self._left_out]
        known = {need.name for need in needs if need.kind in {"env", "argument"} and need.name}
        needs += [need for key, need in self._asked.items() if key not in known and key not in self._left_out]
        return _filled(name, needs, filled=True)

    def _more_of(self, need: Need) -> Need:
        """Return a declared need with what the process said of it."""
        asked = self._asked.get(need.name) if need.name else None
        if asked is None:
            return need
        described = replace(need, required=True, description=f"{asked.description} {need.description}")
        if asked.choices:
            return replace(described, default=None, choices=asked.choices)
        return replace(described, format=need.format if need.format != "string" else asked.format)

    def _is_tried(self, filling: Filling, since: _Name) -> bool:
        """Tell whether a filling was tried on this install."""
        same = (
            failure.filling
            for failure in self._failures
            if (failure.filling.name == "older-sdk") == (since == "older-sdk")
        )
        return any((other.arguments, other.values) == (filling.arguments, filling.values) for other in same)


def _filled(name: _Name, needs: Sequence[Need], *, filled: bool) -> Filling:
    arguments = tuple(dummies.arguments(needs, filled=filled))
    return Filling(name, arguments, dummies.variables(needs, filled=filled))
