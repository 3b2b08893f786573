"""Renders an explanation: the verdict, the tree of the rules that fired and nearly fired, the quotes in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text
from rich.tree import Tree

from catalogue.cli.terminal import show, visible
from classifier.condition import Trace
from classifier.explain import Explanation, Fired
from classifier.leaves import Found
from classifier.verdict import EFFECTS, ActionVerdict, Evidence, Verdict, to_wire

_AROUND = 60  # characters of a text shown before and after the words that matched
_LONGEST_LABEL = 72  # characters of a condition; `catalogue rules show` has all of it
_MARK = "bold yellow"


def show_explanation(server: str, explanation: Explanation) -> None:
    """Print an explanation on stdout as a tree. `server` may be empty."""
    verdict = explanation.verdict
    name = f"{server} {explanation.tool.name}".strip()
    tree = Tree(Text(visible(f"{name}: {_sentence(verdict)}"), "bold"))
    tree.add(Text(visible(verdict.rationale)))
    tree.add(Text(visible(f"severity {verdict.severity}: {verdict.severity_reason}")))
    if verdict.signals:
        tree.add(Text(f"signals: {', '.join(signal.id for signal in verdict.signals)}"))
    _add_quotes(tree, explanation)
    _add_actions(tree, verdict)
    _add_arguments(tree, verdict)
    _add_rules(tree, "rules that fired", explanation.fired)
    _add_rules(tree, "rules that nearly fired", explanation.nearly)
    tree.add(Text(f"ruleset {verdict.ruleset}", "dim"))
    show(tree)


def to_json(explanation: Explanation) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "name": explanation.tool.name,
        "verdict": to_wire(explanation.verdict),
        "fired": [_rule_to_json(one) for one in explanation.fired],
        "nearly": [_rule_to_json(one) for one in explanation.nearly],
    }


def _sentence(verdict: Verdict) -> str:
    return f"{verdict.category.value.capitalize()}, severity {verdict.severity}, confidence {verdict.confidence}"


def _add_rules(tree: Tree, title: str, rules: Sequence[Fired]) -> None:
    if not rules:
        return
    branch = tree.add(Text(title, "bold"))
    for one in rules:
        asserts = f"asserts {one.rule.asserts}" if one.rule.asserts else f"signals {one.rule.signals}"
        _add_trace(branch.add(Text(f"{one.rule.id} ({asserts}, {one.rule.strength})")), one.trace)


def _add_trace(tree: Tree, trace: Trace) -> None:
    """Add a condition and its parts; of an `any` that held, the parts that did not say nothing."""
    held, words = trace.held, ""
    while trace.label == "not":  # one line for what must not hold
        words, trace = words + "not ", trace.parts[0]
    label = Text("yes " if held else "no  ", "green" if held else "red")
    branch = tree.add(label.append(visible(words + _cut(trace.label)), "default"))
    for found in trace.found:
        branch.add(_found(found))
    for part in trace.parts:
        if part.held or not (trace.held and trace.label == "any"):
            _add_trace(branch, part)


def _cut(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


def _found(found: Found) -> Text:
    label = Text(visible(f"{found.pointer or '/'}: "))
    if found.quote:
        return label.append(visible(found.quote), _MARK)
    return label.append(visible(found.note))


def _add_quotes(tree: Tree, explanation: Explanation) -> None:
    """Show each text that a rule matched, with the matched words between marks that survive a pipe."""
    spans: dict[str, set[tuple[int, int]]] = {}
    for one in _all_evidence(explanation.verdict):
        if one.quote:
            spans.setdefault(one.pointer, set()).add(one.span)
    if not spans:
        return
    branch = tree.add(Text("words that matched", "bold"))
    for pointer in sorted(spans):
        branch.add(_marked(pointer, _text_at(explanation.tool.wire, pointer), spans[pointer]))


def _add_actions(tree: Tree, verdict: Verdict) -> None:
    """Show the verdict on each action, with the words that it rests on."""
    if verdict.actions:
        branch = tree.add(Text("its actions", "bold"))
        for one in verdict.actions:
            _add_action(branch, f"{one.parameter} {one.value}".strip(), one)


def _add_arguments(tree: Tree, verdict: Verdict) -> None:
    """Show the arguments that change what a call does, and what the tool does with each value that is known."""
    if verdict.arguments:
        branch = tree.add(Text("arguments that change what a call does", "bold"))
        for argument in verdict.arguments:
            below = branch.add(Text(visible(f"{argument.parameter} {EFFECTS[argument.effect]}")))
            for one in argument.values:
                _add_action(below, one.value, one)


def _add_action(branch: Tree, name: str, one: ActionVerdict) -> None:
    rule = f" by {one.evidence[0].rule}" if one.evidence and one.evidence[0].rule else ""
    label = Text(visible(f"{name}: {one.category.value.capitalize()}{rule}"))
    for evidence in one.evidence:
        label.append(visible(f" {evidence.pointer}: ")).append(visible(evidence.quote or evidence.note), _MARK)
    branch.add(label)


def _all_evidence(verdict: Verdict) -> Iterator[Evidence]:
    groups = (verdict.support, verdict.dissent, verdict.signals)
    return (one for group in groups for holder in group for one in holder.evidence)


def _text_at(wire: Mapping[str, Any], pointer: str) -> str:
    """The string at an RFC 6901 pointer, or the property name that the pointer ends in."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    value: Any = wire
    for step in steps:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value if isinstance(value, str) else steps[-1]


def _marked(pointer: str, text: str, spans: set[tuple[int, int]]) -> Text:
    label = Text(visible(f"{pointer}: "), "")
    at = 0
    for start, end in sorted(spans):
        if start < at:
            continue  # inside words that are marked already
        label.append(visible(_shortened(text[at:start], first=at == 0)))
        label.append(f"«{visible(text[start:end])}»", _MARK)
        at = end
    rest = text[at:]
    return label.append(visible(rest if len(rest) <= _AROUND else rest[:_AROUND] + "…"))


def _shortened(text: str, *, first: bool) -> str:
    """Keep what stands next to the marks: the end of what comes first, both ends of what stands between two."""
    if len(text) <= 2 * _AROUND:
        return text
    return ("" if first else text[:_AROUND]) + "…" + text[-_AROUND:]


def _rule_to_json(one: Fired) -> dict[str, Any]:
    return {
        "rule": one.rule.id,
        "asserts": one.rule.asserts,
        "signals": one.rule.signals,
        "strength": one.rule.strength,
        "condition": _trace_to_json(one.trace),
    }


def _trace_to_json(trace: Trace) -> dict[str, Any]:
    found = [{"pointer": one.pointer, "quote": one.quote, "note": one.note} for one in trace.found]
    parts = [_trace_to_json(part) for part in trace.parts]
    return {"condition": trace.label, "held": trace.held, "found": found, "parts": parts}
