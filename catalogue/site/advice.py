"""The recommended policy as a page shows it: the document, its text, and its effects as the evaluator finds them.

Decides nothing itself: `catalogue.policies` recommends, and runs what it recommends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalogue.policies.document import to_json
from catalogue.policies.effects import effects
from catalogue.policies.recommend import Recommendation, server_document, tool_document
from catalogue.site.encode import readable
from catalogue.site.marks import inert
from catalogue.values import ToolRow


@dataclass(frozen=True, slots=True)
class Advice:
    """The policy for one tool: as a document, as the text of its file, what it does when run, and why it says so."""

    document: Mapping[str, Any]
    text: str
    effects: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """How many tools of a server its policy treats alike. `kind` is hidden, held, limited or open."""

    kind: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class ServerAdvice:
    """The policy for all tools of a server: as a document, as the text of its file, and what it does to how many."""

    document: Mapping[str, Any]
    text: str
    shares: tuple[Share, ...]


_SHARES = {
    "hidden": "hidden from the model, and denied if called anyway",
    "held": "denied unless a condition holds",
    "limited": "allowed, so many times a minute",
    "open": "allowed without a limit",
}


def advise(row: ToolRow, own: Recommendation, twins: Sequence[Recommendation] = ()) -> Advice:
    """Return the policy of one tool: what is recommended for it, and for its server's other tools of the same name."""
    policy = tool_document(row.name, (own, *twins))
    document = to_json(policy)
    return Advice(
        document=document,
        text=readable(document) + "\n",
        effects=tuple(inert(effect, 600) for effect in effects(policy, row.name, row.definition)),
        reasons=tuple(inert(reason, 600) for reason in own.reasons),
    )


def advise_server(recommended: Sequence[tuple[str, Recommendation]]) -> ServerAdvice:
    """Return the policy of a server, given what is recommended for its tools, by name."""
    document = to_json(server_document(recommended))
    names = dict.fromkeys(name for name, _ in recommended)
    hidden = frozenset(document.get("hide", ()))
    kinds = ["hidden" if name in hidden else _kind(document["tools"][name]) for name in names]
    shares = tuple(Share(kind, words, kinds.count(kind)) for kind, words in _SHARES.items() if kind in kinds)
    return ServerAdvice(document, readable(document) + "\n", shares)


def _kind(rule: Mapping[str, Any]) -> str:
    if rule.get("require") or rule.get("deny_if"):
        return "held"
    return "limited" if rule.get("limits") else "open"
