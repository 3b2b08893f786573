"""Explains a verdict: the rules that fired, those that nearly fired, and what became of each part of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from classifier.condition import Trace
from classifier.features import Features
from classifier.leaves import Subject
from classifier.rule import Rule
from classifier.ruleset import RuleSet
from classifier.tool import Tool
from classifier.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule and the trace of its condition."""

    rule: Rule
    trace: Trace


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict with the rules that fired, and those of whose parts all but one held, in the order of their ids."""

    tool: Tool
    verdict: Verdict
    fired: tuple[Fired, ...]
    nearly: tuple[Fired, ...]


def explain(ruleset: RuleSet, wire: Any) -> Explanation:
    """Judge a definition and trace every stable rule. Raises `classifier.tool.NotAToolError` for what is none."""
    verdict = ruleset.judge(wire)
    tool = Tool.from_wire(wire)
    subject = Subject.judged(Features(tool, ruleset.lexicon), verdict)
    traced = [Fired(rule, rule.condition.trace(subject)) for rule in ruleset.rules if rule.status == "stable"]
    return Explanation(
        tool=tool,
        verdict=verdict,
        fired=tuple(one for one in traced if one.trace.held),
        nearly=tuple(one for one in traced if not one.trace.held and _nearly(one.trace)),
    )


def _nearly(trace: Trace) -> bool:
    """Tell whether words of the tool were found, and just one part more would have made the rule fire."""
    missing = [part for part in trace.parts if not part.held]
    return len(trace.parts) > 1 and len(missing) == 1 and any(_finds(part) for part in trace.parts if part.held)


def _finds(trace: Trace) -> bool:
    """Tell whether words made this part hold: neither what stands below a `not`, nor the category by itself, did."""
    return any(found.quote and found.leaf != "found" for found in trace.found) or any(
        _finds(part) for part in trace.parts if part.held
    )
