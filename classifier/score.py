"""Measures a ruleset on tools labelled by hand: what it calls right, what wrong, and how sure those figures are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

from classifier.claims import TOLD, Standing, compare
from classifier.ruleset import RuleSet
from classifier.tool import Annotations, ClassifierError, Wire, definition_digest
from classifier.verdict import SIGNALS, Category, Verdict

_Z = 1.96
"""Standard deviations of a 95 % interval."""

DANGEROUS = frozenset({Category.EXECUTE, Category.DESTRUCTIVE, Category.FINANCIAL})


_BY_FORM = frozenset({"many-parameters", "open-arguments", "no-description", "annotation-conflict", "toxic-flow"})
"""Signals of a definition's form, and those that follow from others: labels do not have them."""


class GoldError(ClassifierError):
    """Labels that cannot be used: all problems, one a line, each with file, line and key."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a reader said of one definition. `also` are the other categories that a careful reader could defend.

    `place` is the file and line that the label stands in.
    """

    server: str
    name: str
    category: Category
    also: frozenset[Category]
    signals: frozenset[str]
    why: str
    digest: str
    place: str = ""

    def accepts(self, category: Category) -> bool:
        """Tell whether a reader could live with this category."""
        return category is self.category or category in self.also


@dataclass(frozen=True, slots=True)
class Share:
    """`right` of `n`, and the 95 % Wilson interval of the share; both bounds are 0 and 1 for n = 0."""

    right: int
    n: int

    @property
    def value(self) -> float | None:
        """The share; `None` for n = 0."""
        return self.right / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound."""
        if not self.n:
            return 0.0, 1.0
        share, n = self.right / self.n, self.n
        middle = share + _Z * _Z / (2 * n)
        spread = _Z * sqrt(share * (1 - share) / n + _Z * _Z / (4 * n * n))
        scale = 1 + _Z * _Z / n
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


@dataclass(frozen=True, slots=True)
class Score:
    """The measurement.

    `confusion` counts (labelled, found); a found category that the label also accepts counts as the labelled one in
    `precision` and `recall`, and stands as found in `confusion`.

    `clear` is over labels with one acceptable category, `accepted` over all; `dangerous_read` is the share of tools
    labelled Execute, Destructive or Financial that are called Read; `rules` how often a rule's category was accepted.
    `claims_labelled` and `claims_judged` say of each hint how often the servers' claim agrees with the label, and with
    the verdict, where that tells.
    """

    ruleset: str
    labels: int
    clear: Share
    accepted: Share
    unclassified: Share
    dangerous_read: Share
    claims_labelled: Mapping[str, Share]
    claims_judged: Mapping[str, Share]
    confusion: Mapping[tuple[Category, Category], int]
    precision: Mapping[Category, Share]
    recall: Mapping[Category, Share]
    signal_precision: Mapping[str, Share]
    signal_recall: Mapping[str, Share]
    rules: Mapping[str, Share]


def read_labels(lines: Iterable[str], source: str) -> tuple[list[Label], list[str]]:
    """Read JSON Lines of labels; return those that can be used, and what is wrong with the others, by line and key."""
    problems: list[str] = []
    labels = [label for number, line in enumerate(lines, 1) if (label := _label(line, f"{source}:{number}", problems))]
    return labels, problems


def _label(line: str, place: str, problems: list[str]) -> Label | None:
    try:
        data = json.loads(line)
    except ValueError as error:
        problems.append(f"{place}: not JSON: {error}")
        return None
    wrong = list(_faults(data))
    problems += [f"{place}: {what}" for what in wrong]
    if wrong:
        return None
    return Label(
        data["server"],
        data["name"],
        Category(data["category"]),
        frozenset(map(Category, data.get("also", ()))),
        frozenset(data.get("signals", ())),
        data.get("why", ""),
        data["digest"],
        place,
    )


def _faults(data: Any) -> Iterator[str]:
    if not isinstance(data, dict):
        yield "a label is an object"
        return
    for key in ("server", "name", "category", "digest", "why"):
        if not isinstance(data.get(key, "" if key == "why" else None), str):
            yield f"{key}: expected a string"
    known = {"category": [one.value for one in Category], "signals": list(SIGNALS)}
    named = {"category": [data.get("category")], "also": data.get("also", []), "signals": data.get("signals", [])}
    for key, values in named.items():
        if not isinstance(values, list):
            yield f"{key}: expected a list"
            continue
        choices = known["signals" if key == "signals" else "category"]
        for value in values:
            if value not in choices:
                kind = "signal" if key == "signals" else "category"
                yield f"{key}: unknown {kind} {value!r}; known: {', '.join(choices)}"


def match_labels(
    labels: Iterable[Label], tools: Iterable[tuple[str, Wire]]
) -> tuple[list[tuple[Label, Wire]], list[str]]:
    """Find each label's definition among (server, wire) pairs.

    What is wrong beside them: labels whose tool is missing or whose definition is another one than was read, and
    second labels of one definition.
    """
    known: dict[tuple[str, str], dict[str, Wire]] = {}
    for server, wire in tools:
        known.setdefault((server, str(wire.get("name"))), {})[definition_digest(wire)] = wire
    problems: list[str] = []
    pairs: list[tuple[Label, Wire]] = []
    seen: dict[tuple[str, str, str], str] = {}
    for label in labels:
        found = known.get((label.server, label.name), {})
        first = seen.setdefault((label.server, label.name, label.digest), label.place)
        if label.digest in found and first == label.place:
            pairs.append((label, found[label.digest]))
            continue
        key, what = "name", "no such tool in the files given"
        if found:
            key, what = "digest", "its definition changed since it was read"
        if first != label.place:
            key, what = "name", f"labelled already at {first}"
        problems.append(f"{label.place}: {key}: {label.server}: {label.name}: {what}")
    return pairs, problems


def score(ruleset: RuleSet, pairs: Iterable[tuple[Label, Wire]]) -> Score:
    """Judge every labelled definition and count."""
    judged = [(label, wire, ruleset.judge(wire)) for label, wire in pairs]
    clear = [(label, verdict) for label, _, verdict in judged if not label.also]
    described = [verdict for _, wire, verdict in judged if str(wire.get("description") or "").strip()]
    dangerous = [(label, verdict) for label, _, verdict in judged if label.category in DANGEROUS]
    categories = [(label, verdict, _counted_as(label, verdict)) for label, _, verdict in judged]
    return Score(
        ruleset=ruleset.digest,
        labels=len(judged),
        clear=_share(verdict.category is label.category for label, verdict in clear),
        accepted=_share(label.accepts(verdict.category) for label, _, verdict in judged),
        unclassified=_share(verdict.category is Category.UNCLASSIFIED for verdict in described),
        dangerous_read=_share(
            verdict.category is Category.READ and not label.accepts(Category.READ) for label, verdict in dangerous
        ),
        claims_labelled=_agreement((wire, label.category) for label, wire, _ in judged),
        claims_judged=_agreement((wire, verdict.category) for _, wire, verdict in judged),
        confusion=dict(Counter((label.category, verdict.category) for label, _, verdict in judged)),
        precision={
            one: _share(label.accepts(one) for label, verdict, _ in categories if verdict.category is one)
            for one in Category
        },
        recall={
            one: _share(counted is one for label, _, counted in categories if label.category is one) for one in Category
        },
        signal_precision={
            name: _share(name in label.signals for label, _, verdict in judged if _has(verdict, name))
            for name in _signals(judged)
        },
        signal_recall={
            name: _share(_has(verdict, name) for label, _, verdict in judged if name in label.signals)
            for name in _signals(judged)
        },
        rules=dict(_by_rule((label, verdict) for label, _, verdict in judged)),
    )


def _signals(judged: Iterable[tuple[Label, Wire, Verdict]]) -> list[str]:
    """Return the signals that were labelled or found, but for those that need no reader, by name."""
    named = {name for label, _, verdict in judged for name in (*label.signals, *(one.id for one in verdict.signals))}
    return sorted(named - _BY_FORM)


def _share(outcomes: Iterable[bool]) -> Share:
    counted = list(outcomes)
    return Share(sum(counted), len(counted))


def _counted_as(label: Label, verdict: Verdict) -> Category:
    return label.category if label.accepts(verdict.category) else verdict.category


def _has(verdict: Verdict, signal: str) -> bool:
    return any(one.id == signal for one in verdict.signals)


def _agreement(judged: Iterable[tuple[Wire, Category]]) -> dict[str, Share]:
    """Return for each hint how often its claims are what the category tells, where that tells anything."""
    compared = [
        (claim.hint, claim.standing)
        for wire, category in judged
        for claim in compare(Annotations.from_wire(wire.get("annotations")), category, ())
        if claim.standing not in (Standing.ABSENT, Standing.OPEN)
    ]
    return {told: _share(standing is Standing.AGREES for hint, standing in compared if hint == told) for told in TOLD}


def _by_rule(judged: Iterable[tuple[Label, Verdict]]) -> Iterator[tuple[str, Share]]:
    right: Counter[str] = Counter()
    fired: Counter[str] = Counter()
    for label, verdict in judged:
        for match in (*verdict.support, *verdict.dissent):
            fired[match.rule] += 1
            right[match.rule] += label.accepts(match.category)
    for rule in sorted(fired):
        yield rule, Share(right[rule], fired[rule])


def to_json(measured: Score) -> dict[str, Any]:
    """Return a score as JSON values; each share as right, n, value and interval."""
    return {
        "ruleset": measured.ruleset,
        "labels": measured.labels,
        **{
            name: _share_json(getattr(measured, name))
            for name in ("clear", "accepted", "unclassified", "dangerous_read")
        },
        "confusion": {
            one.value: {other.value: measured.confusion.get((one, other), 0) for other in Category} for one in Category
        },
        **{name: {key: _share_json(share) for key, share in getattr(measured, name).items()} for name in _TABLES},
    }


_TABLES = ("precision", "recall", "signal_precision", "signal_recall", "claims_labelled", "claims_judged", "rules")


def _share_json(share: Share) -> dict[str, Any]:
    low, high = share.interval
    value = None if share.value is None else round(share.value, 4)
    return {"right": share.right, "n": share.n, "value": value, "interval": [round(low, 4), round(high, 4)]}
