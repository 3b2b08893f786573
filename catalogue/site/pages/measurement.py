"""The context of the measured error: what `catalogue rules score` found on tools that no rule author had seen.

The figures are those of a file in the classifier's package, never typed here. Pure; knows no page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from catalogue.site.context import CATEGORY_ABOUT, label

_MEASURES = {
    "clear": "right, where a careful reader accepts one category only",
    "accepted": "within the categories that a careful reader accepts",
    "dangerous_read": "of the Execute, Destructive and Financial tools called Read",
    "unclassified": "unclassified although the tool has a description",
}


@dataclass(frozen=True, slots=True)
class MeasuredShare:
    """A share in words, in per cent with one decimal, of how many tools, and its 95 % interval in words."""

    about: str
    percent: str
    n: int
    interval: str


@dataclass(frozen=True, slots=True)
class ConfusionRow:
    """The tools labelled with one category: how many the rules gave each category, in the order of the columns."""

    labelled: str
    found: tuple[int, ...]
    precision: MeasuredShare
    recall: MeasuredShare


@dataclass(frozen=True, slots=True)
class HintAgreement:
    """How often the servers' claims of one hint agree with the labels, and with our verdicts."""

    hint: str
    labelled: MeasuredShare
    judged: MeasuredShare


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measurement. `current` says that it was made with the very rules that this site was built with."""

    ruleset: str
    current: bool
    labels: int
    shares: tuple[MeasuredShare, ...]
    columns: tuple[str, ...]
    rows: tuple[ConfusionRow, ...]
    hints: tuple[HintAgreement, ...]


def measurement(ruleset: str) -> Measurement:
    """Make the context for a site of this ruleset."""
    data = _measured()
    order = tuple(category.value for category in CATEGORY_ABOUT)
    return Measurement(
        ruleset=data["ruleset"],
        current=data["ruleset"] == ruleset,
        labels=data["labels"],
        shares=tuple(_share(about, data[key]) for key, about in _MEASURES.items()),
        columns=tuple(label(category) for category in CATEGORY_ABOUT),
        rows=tuple(
            ConfusionRow(
                labelled=label(category),
                found=tuple(data["confusion"][category.value][other] for other in order),
                precision=_share("", data["precision"][category.value]),
                recall=_share("", data["recall"][category.value]),
            )
            for category in CATEGORY_ABOUT
        ),
        hints=tuple(
            HintAgreement(hint, _share("", share), _share("", data["claims_judged"][hint]))
            for hint, share in data["claims_labelled"].items()
        ),
    )


@cache
def _measured() -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads((files("classifier") / "measured.json").read_text("utf-8"))
    return data


def _share(about: str, share: Mapping[str, Any]) -> MeasuredShare:
    percent = "–" if share["value"] is None else f"{100 * share['value']:.1f} %"
    low, high = share["interval"]
    return MeasuredShare(about, percent, share["n"], f"{100 * low:.1f} to {100 * high:.1f} %")
