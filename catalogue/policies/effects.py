"""Says in sentences what a policy does to a tool, by running the evaluator on calls made up from the tool's schema.

Every sentence is chosen by the decision that was observed, none by reading the policy: the policy only suggests which
arguments are worth trying. Arguments that no rule looks at change no decision, so the calls leave them out.

Many tools have the same rule but for their names. A rule is run under a name of our own, and what came out holds for
every tool that has it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, product
from typing import Any, NamedTuple

from catalogue.policies.document import EVERY_TOOL, Default, Limit, Operator, Policy, Predicate, ToolRule, Window
from catalogue.policies.evaluate import Decision, Evaluator, Outcome
from catalogue.policies.parameters import arguments_of, node_at
from catalogue.policies.paths import Lack, with_value
from catalogue.policies.place import is_number, is_scalar, step
from catalogue.policies.placeholders import Blank, blank_of

_TEXTS = (
    "https://example.com/",
    "notes.txt",
    "example",
    "../etc/passwd",
    "file:///etc/passwd",
    "http://me@example.com/",
    "http://localhost/",
    "http://169.254.169.254/latest/meta-data/",
    "mutation { delete }",
)
"""What is tried where a pattern judges text: three harmless ones, and what our own recommendations are about."""
_EXAMPLES: Mapping[Blank, object] = {
    Blank.ROOT: "notes.txt",
    Blank.HOST: "https://example.com/",
    Blank.DOMAIN: "me@example.com",
    Blank.CURRENCY: "EUR",
    Blank.CAP: 1,
    Blank.DAILY: 1,
}
"""What is tried where a person has to fill something in."""
_MOST_TRIED = 200
"""Combinations of arguments tried for one rule."""
_MOST_CALLS = 10_000
"""Calls in a row after which a limit counts as out of reach."""
_MOST_SHOWN = 4
"""Values shown in one sentence."""
_WINDOWS = {Window.MINUTE: 60.0, Window.HOUR: 3600.0, Window.DAY: 86400.0}

_Call = dict[str, object]


_TOOL = "tool"
"""The name that a tool has on the bench."""


class _Alone(NamedTuple):
    """A policy as far as it is about one tool, whose counters have the names of the bench.

    `known` are the values that the tool's schema names for a path. `spelled` are all values that stand in here: two
    rules are the same if these spell alike, too, so that 1, 1.0 and true are three values.
    """

    default: Default
    hidden: bool
    limits: tuple[Limit, ...]
    rule: ToolRule | None
    known: tuple[tuple[str, tuple[object, ...]], ...]
    spelled: str


class _Bench:
    """A tool under a policy that says nothing else."""

    def __init__(self, alone: _Alone) -> None:
        hide = (_TOOL,) if alone.hidden else ()
        tools = {} if alone.rule is None else {_TOOL: alone.rule}
        self.policy = Policy(alone.default, hide, alone.limits, tools)
        self.known = dict(alone.known)
        self.rule = alone.rule or ToolRule()

    def decide(self, call: _Call) -> Decision:
        """The decision on a first call."""
        return self.evaluator().decide(_TOOL, call)

    def evaluator(self) -> Evaluator:
        """An evaluator of which nothing is used up."""
        return Evaluator(self.policy, lambda: 0.0)

    def rules(self) -> Iterator[tuple[str, tuple[Predicate, ...]]]:
        """Each argument rule of the tool: its pointer and the comparisons it makes."""
        pointer = step("/tools", _TOOL)
        for index, predicate in enumerate(self.rule.require):
            yield step(f"{pointer}/require", index), (predicate,)
        for index, denial in enumerate(self.rule.deny_if):
            yield step(f"{pointer}/deny_if", index), denial.conditions
        for index, approval in enumerate(self.rule.ask_if):
            yield step(f"{pointer}/ask_if", index), approval.conditions

    def tries(self, call: _Call, predicates: Sequence[Predicate]) -> Iterator[tuple[_Call, tuple[object, ...]]]:
        """The call with other arguments where the comparisons look, and the values put there."""
        candidates = [self._candidates(predicate) for predicate in predicates]
        for values in islice(product(*candidates), _MOST_TRIED):
            changed = call
            for predicate, value in zip(predicates, values, strict=True):
                changed = with_value(changed, predicate.path, value)
            yield changed, values

    def _candidates(self, predicate: Predicate) -> list[object]:
        wanted = predicate.value
        known: list[object] = list(self.known.get(predicate.path, ()))
        if predicate.op is Operator.EXISTS:
            return [*known, "example", Lack.ABSENT]
        if predicate.op is Operator.REGEX:
            blank = blank_of(predicate)
            texts = _TEXTS if blank is None else (_EXAMPLES[blank],)
            return [*known, *texts, Lack.ABSENT]
        if isinstance(wanted, tuple):
            return [*(known or [*wanted, "something-else"]), Lack.ABSENT]
        if isinstance(wanted, int | float) and not isinstance(wanted, bool):
            return [*known, wanted, wanted - 1, wanted + 1, Lack.ABSENT]
        return [*known, wanted, [wanted], "something-else", Lack.ABSENT]


def effects(policy: Policy, name: str, definition: Mapping[str, Any]) -> tuple[str, ...]:
    """Plain sentences about one tool under a policy, and one about the tools that the policy does not name."""
    return effects_of(policy, name, behaviour(policy, name, definition))


def behaviour(policy: Policy, name: str, definition: Mapping[str, Any]) -> tuple[str, ...]:
    """What becomes of a tool's calls under a policy: words that follow its name, then sentences about its arguments.

    They do not name the tool: tools that the policy treats alike have the same.
    """
    return _run(_alone(policy, name, definition))


def effects_of(policy: Policy, name: str, does: tuple[str, ...]) -> tuple[str, ...]:
    """The sentences of `effects`, given the tool's behaviour."""
    access, *more = does
    return tuple(dict.fromkeys((f"{_quoted(name)} {access}", *more, others(policy))))


def others(policy: Policy) -> str:
    """What becomes of a tool that the policy does not name, as a sentence."""
    return _others(policy.default, EVERY_TOOL in policy.hide, policy.limits)


def _alone(policy: Policy, name: str, definition: Mapping[str, Any]) -> _Alone:
    rule = policy.tools.get(name)
    if rule is not None and rule.limits:
        rule = ToolRule(rule.require, rule.deny_if, rule.ask_if, _renamed(rule.limits))
    judged = () if rule is None else _predicates(rule)
    known = _known(definition, {one.path for one in judged}) if judged else ()
    limits = (*policy.limits, *(rule.limits if rule else ()))
    spelled = repr(([one.value for one in judged], [one.max for one in limits], known)) if judged or limits else ""
    hidden = name in policy.hide or EVERY_TOOL in policy.hide
    return _Alone(policy.default, hidden, policy.limits, rule, known, spelled)


def _renamed(limits: tuple[Limit, ...]) -> tuple[Limit, ...]:
    """The limits with counters that do not name the tool."""
    counters = list(dict.fromkeys([limit.counter for limit in limits]))
    return tuple(
        [Limit(str(counters.index(one.counter)), one.window, one.max, one.scope, one.increment_from) for one in limits]
    )


def _predicates(rule: ToolRule) -> tuple[Predicate, ...]:
    """Every condition of a rule."""
    denied = [predicate for denial in rule.deny_if for predicate in denial.conditions]
    held = [predicate for approval in rule.ask_if for predicate in approval.conditions]
    return (*rule.require, *denied, *held)


@lru_cache(maxsize=2048)
def _run(alone: _Alone) -> tuple[str, ...]:
    """What the tool on the bench is (words that follow its name), and sentences about its arguments."""
    bench = _Bench(alone)
    call = _working_call(bench)
    decision = bench.decide(call)
    sentences = [_access(bench, call, decision)]
    if decision.outcome in (Outcome.ALLOWED, Outcome.HELD):
        for pointer, predicates in bench.rules():
            sentences += _argument_effects(bench, call, pointer, predicates)
        sentences += _sums(bench, call)
    return tuple(sentences)


def _known(definition: Mapping[str, Any], paths: Collection[str]) -> tuple[tuple[str, tuple[object, ...]], ...]:
    """The values that the schema names for the paths."""
    known: dict[str, tuple[object, ...]] = {}
    for argument in arguments_of(definition):
        path, parameter = argument.values, argument.parameter
        if path not in paths:
            continue
        default = node_at(definition, parameter.pointer).get("default")
        switch = (True, False) if parameter.types == ("boolean",) else ()
        values = (*([] if default is None else [default]), *parameter.enum[:_MOST_TRIED], *switch)
        if path and values:
            known[path] = tuple([value for value in values if is_scalar(value)])
    return tuple(known.items())


def _working_call(bench: _Bench) -> _Call:
    """A call that no argument rule denies, if one is found; else one that is denied."""
    call: _Call = {}
    for limit in bench.rule.limits:
        if limit.increment_from:
            call = with_value(call, limit.increment_from, 1)
    rules = dict(bench.rules())
    for _ in range(len(rules)):  # each round mends the rule that denied
        decision = bench.decide(call)
        if decision.rule not in rules:
            break
        tried = (changed for changed, _ in bench.tries(call, rules[decision.rule]))
        call = next((changed for changed in tried if bench.decide(changed).rule != decision.rule), call)
    return call


def _access(bench: _Bench, call: _Call, decision: Decision) -> str:
    if decision.outcome is Outcome.ALLOWED:
        return _rate(bench, call)
    if decision.outcome is Outcome.HELD:
        return f"is shown to the agent, and a call waits for a person: {_plain(decision.message, 400)}"
    if not Evaluator(bench.policy).visible([_TOOL]):
        return "is not shown to the agent, and calling it is denied."
    return f"is shown to the agent, but calling it is denied: {_plain(decision.message, 400)}"


def _rate(bench: _Bench, call: _Call) -> str:
    if any(limit.increment_from for limit in bench.rule.limits):
        return "is allowed."
    if any(limit.increment_from for limit in bench.policy.limits):
        return _in_a_row(bench.policy, call)
    return _counted(bench.rule.limits, bench.policy.limits)


@lru_cache(maxsize=256)
def _counted(limits: tuple[Limit, ...], for_all: tuple[Limit, ...]) -> str:
    """How often any call passes that nothing but limits can deny, none of which looks at its arguments."""
    return _in_a_row(Policy("deny", (), for_all, {_TOOL: ToolRule(limits=limits)}), {})


def _in_a_row(policy: Policy, call: _Call) -> str:
    now = [0.0]
    evaluator = Evaluator(policy, lambda: now[0])
    if not evaluator.decide(_TOOL, call).charges:
        return "is allowed, any number of times."
    for calls in range(2, _MOST_CALLS + 1):
        if evaluator.decide(_TOOL, call).outcome is Outcome.ALLOWED:
            continue
        for window, seconds in _WINDOWS.items():
            now[0] = seconds
            if evaluator.decide(_TOOL, call).outcome is Outcome.ALLOWED:
                return f"is allowed. The {_ordinal(calls)} call within {_article(window)} is denied."
    return f"is allowed, {_MOST_CALLS:,} times in a row at least."


def _argument_effects(bench: _Bench, call: _Call, pointer: str, predicates: tuple[Predicate, ...]) -> list[str]:
    """What the arguments tried for one rule led to: at most a sentence on refused and one on allowed values."""
    refused: list[tuple[object, ...]] = []
    allowed: list[tuple[object, ...]] = []
    held, message = False, ""
    for changed, values in bench.tries(call, predicates):
        decision = bench.decide(changed)
        if decision.rule == pointer:
            refused.append(values)
            held, message = decision.outcome is Outcome.HELD, decision.message
        elif decision.outcome is Outcome.ALLOWED:
            allowed.append(values)
    paths = [predicate.path for predicate in predicates]
    what = "waits for a person" if held else "is denied"
    sentences = [f"A call {_given(paths, refused)} {what}: {_plain(message, 400)}"] if refused and paths else []
    if allowed and len(predicates) == 1 and predicates[0].op in (Operator.IN, Operator.NOT_IN):
        sentences.append(f"A call {_given(paths, allowed)} is allowed.")
    return sentences


def _sums(bench: _Bench, call: _Call) -> list[str]:
    """When a limit on a sum ends the calls: with as much as one call may have, or as the limit allows."""
    sentences = []
    for limit in (one for one in bench.rule.limits if one.increment_from):
        path = limit.increment_from or ""
        caps = [one.value for denial in bench.rule.deny_if for one in denial.conditions if one.path == path]
        amounts = sorted((limit.max, *(cap for cap in caps if is_number(cap) and cap > 0)), reverse=True)
        for amount in amounts:
            evaluator, spending = bench.evaluator(), with_value(call, path, amount)
            outcomes = (evaluator.decide(_TOOL, spending, approved=True).outcome for _ in range(_MOST_CALLS))
            last = next((number for number, one in enumerate(outcomes, 1) if one is not Outcome.ALLOWED), 1)
            if last > 1:
                added = f"{_quoted(path.removeprefix('args.'))} is added up over {_article(limit.window)}"
                sentences.append(f"{added}: the {_ordinal(last)} call with {_value(amount)} is denied.")
                break
    return sentences


def _given(paths: Sequence[str], tried: Iterable[tuple[object, ...]]) -> str:
    """The arguments of a call in words; several values are put side by side where there is one path."""
    rows = list(dict.fromkeys(tuple(_value(value) for value in values) for values in tried))
    if len(paths) == 1:
        texts = [text for (text,) in rows if text] or [""]
        more = f" (and {len(texts) - _MOST_SHOWN:,} more)" if len(texts) > _MOST_SHOWN else ""
        rows = [(" or ".join(texts[:_MOST_SHOWN]) + more,)]
    return " and ".join(
        f"with {_quoted(path.removeprefix('args.'))} = {text}"
        if text
        else f"without {_quoted(path.removeprefix('args.'))}"
        for path, text in zip(paths, rows[0], strict=True)
    )


@lru_cache(maxsize=64)
def _others(default: Default, everything_hidden: bool, limits: tuple[Limit, ...]) -> str:
    """What becomes of a tool that the policy does not name."""
    name = "another_tool"
    evaluator = Evaluator(Policy(default, (EVERY_TOOL,) if everything_hidden else (), limits), lambda: 0.0)
    decision = evaluator.decide(name)
    if not evaluator.visible([name]):
        return "Every other tool of the server is hidden, and calling it is denied."
    if decision.outcome is not Outcome.ALLOWED:
        return "A tool that the policy does not name is denied."
    if decision.charges:
        return "Every other tool of the server keeps working, within the limits for all tools."
    return "Every other tool of the server keeps working."


def _value(value: object) -> str:
    """A value as JSON in plain characters; "" for none."""
    return "" if value is Lack.ABSENT else _plain(json.dumps(value, ensure_ascii=False))


def _quoted(name: str) -> str:
    return f"`{_plain(name)}`"


def _plain(text: str, longest: int = 80) -> str:
    """The text on one line of at most so many characters, with nothing invisible: a stranger chose it."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    if cut.isprintable():
        return cut
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in cut)


def _ordinal(number: int) -> str:
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{suffix}"


def _article(window: Window) -> str:
    return f"an {window}" if window is Window.HOUR else f"a {window}"
