"""Answers which policy to put in front of a server or one of its tools."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from catalogue.agents.answers import Blank, PolicyFound
from catalogue.agents.holdings import Holdings
from catalogue.agents.questions import PolicyRequest
from catalogue.agents.quoting import first, shown_name
from catalogue.errors import CatalogueError
from catalogue.invisible import hides
from catalogue.policies import document
from catalogue.policies.document import Policy
from catalogue.policies.placeholders import MEANINGS, unfilled
from catalogue.policies.recommend import server_policy, tool_policy
from catalogue.repository import Repository
from catalogue.values import ToolRow

_MOST_NAMED = 20


def get_policy(holdings: Holdings, question: PolicyRequest) -> PolicyFound:
    """Return the recommended policy of a server or of one of its tools, never a part of it."""
    with holdings.reading() as session:
        rows = holdings.tools(Repository(session), question.server, question.tool)
    policy = _recommended(rows, question)
    policy, left_out = _without_hidden(document.plain(policy) if question.plain else policy)
    if left_out and question.tool is not None:
        raise CatalogueError(
            f"tool {question.tool!r} of {question.server!r} has hidden characters in its definition, so no policy for "
            "it is given here",
            "deny it",
        )
    return PolicyFound(
        server=shown_name(rows[0].server),
        tool=None if question.tool is None else shown_name(rows[0].name),
        posture=question.posture,
        quoted_policy=document.to_json(policy),
        hidden=len(policy.hide),
        blanks=list(_blanks(policy)),
        quoted_left_out=left_out,
    )


def _recommended(rows: Iterable[ToolRow], question: PolicyRequest) -> Policy:
    judged = [(row.name, row.definition, row.verdict) for row in rows if row.verdict]
    if question.tool is None:
        return server_policy(judged, question.posture)
    one, *twins = judged
    return tool_policy(*one, [(definition, verdict) for _, definition, verdict in twins], question.posture)


def _without_hidden(policy: Policy) -> tuple[Policy, list[str]]:
    """Take out the tools that cannot be named as they are; what a server's policy does not name, it denies."""
    rules = {name: json.dumps(document.written_rule(rule), ensure_ascii=False) for name, rule in policy.tools.items()}
    out = sorted(name for name in {*policy.hide, *policy.tools} if hides(name) or _hides_in(rules.get(name, "")))
    kept = {name: rule for name, rule in policy.tools.items() if name not in out}
    hide = tuple(name for name in policy.hide if name not in out)
    return replace(policy, hide=hide, tools=kept), list(map(shown_name, out))


def _hides_in(rule: str) -> bool:
    return hides(rule) or "\\u00" in rule  # what JSON escapes is hidden, too


def _blanks(policy: Policy) -> Iterator[Blank]:
    waiting = unfilled(policy)
    for blank, meaning in MEANINGS.items():
        tools = dict.fromkeys(one.tool for one in waiting if one.blank is blank)
        if tools:
            named, more = first(map(shown_name, tools), _MOST_NAMED)
            yield Blank(blank.value, meaning, named, more)
