"""The recommended policy as a page shows it: the document, its text, and its effects as the evaluator finds them.

Decides nothing itself: `catalogue.policies` recommends, and runs what it recommends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from catalogue.policies.document import Policy, to_json
from catalogue.policies.effects import behaviour, effects_of
from catalogue.policies.placeholders import MEANINGS as BLANKS
from catalogue.policies.placeholders import unfilled
from catalogue.policies.recommend import Recommendation, server_document, tool_document
from catalogue.policies.treatment import MEANINGS, Treatment, treatment
from catalogue.site.encode import readable
from catalogue.site.marks import inert
from catalogue.values import ToolRow


class Advice(NamedTuple):
    """The policy for one tool: as a document, as the text of its file, what it does when run, and why it says so."""

    document: Mapping[str, Any]
    text: str
    does: tuple[str, ...]  # words that follow the tool's name, then sentences, as `behaviour` has them
    effects: tuple[str, ...]
    reasons: tuple[str, ...]
    blanks: tuple[str, ...]  # sentences: what a person has to fill in; until then it denies
    asks: bool  # whether a call waits for a person, which readers of version 1 alone do not know


@dataclass(frozen=True, slots=True)
class Share:
    """How many tools of a server its policy treats alike."""

    kind: Treatment
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class ServerAdvice:
    """The policy for all tools of a server: as a document, as the text of its file, and what it does to how many."""

    policy: Policy
    document: Mapping[str, Any]
    text: str
    shares: tuple[Share, ...]
    blanks: tuple[str, ...]  # as of `Advice`
    asks: bool


_MOST_PLACES = 6
"""Arguments named in one sentence on what is to be filled in."""


def advise(row: ToolRow, own: Recommendation, twins: Sequence[Recommendation] = ()) -> Advice:
    """Return the policy of one tool: what is recommended for it, and for its server's other tools of the same name."""
    policy = tool_document(row.name, (own, *twins))
    document = to_json(policy)
    does = behaviour(policy, row.name, row.definition)
    return Advice(
        document=document,
        text=readable(document) + "\n",
        does=does,
        effects=tuple([inert(effect, 600) for effect in effects_of(policy, row.name, does)]),
        reasons=tuple([inert(reason, 600) for reason in own.reasons]),
        blanks=_blanks(policy),
        asks=_asks(policy),
    )


def advise_server(recommended: Sequence[tuple[str, Recommendation]]) -> ServerAdvice:
    """Return the policy of a server, given what is recommended for its tools, by name."""
    policy = server_document(recommended)
    document = to_json(policy)
    counts = Counter([treatment(policy, name) for name, _ in recommended])
    shares = tuple(Share(kind, MEANINGS[kind], counts[kind]) for kind in Treatment if counts[kind])
    return ServerAdvice(policy, document, readable(document) + "\n", shares, _blanks(policy), _asks(policy))


def _asks(policy: Policy) -> bool:
    return any(rule.ask_if for rule in policy.tools.values())


def _blanks(policy: Policy) -> tuple[str, ...]:
    """What a person has to fill in, and where: one sentence for each name."""
    sentences = []
    waiting = unfilled(policy)
    if not waiting:  # as most tools, which is worth the shortcut
        return ()
    for blank, meaning in BLANKS.items():
        places = list(dict.fromkeys(f"`{one.path.removeprefix('args.')}`" for one in waiting if one.blank is blank))
        if places:
            more = f" and {len(places) - _MOST_PLACES:,} more" if len(places) > _MOST_PLACES else ""
            for_these = f"{', '.join(inert(place, 80) for place in places[:_MOST_PLACES])}{more}"
            sentences.append(f"`{blank}`, for {for_these}: {meaning}.")
    return tuple(sentences)
