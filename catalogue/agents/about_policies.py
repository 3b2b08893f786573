"""Answers which policy to put in front of a server or one of its tools."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from catalogue.agents.answers import Blank, ExportFound, LossFound, PolicyFound
from catalogue.agents.holdings import Holdings
from catalogue.agents.questions import PolicyRequest
from catalogue.agents.quoting import first, shown_name
from catalogue.errors import CatalogueError
from catalogue.invisible import hides
from catalogue.policies import document
from catalogue.policies.document import Policy
from catalogue.policies.placeholders import MEANINGS, unfilled
from catalogue.policies.recommend import requested_policy
from catalogue.policies.targets.export import export, usual_name
from catalogue.policies.targets.needs import MEANINGS as NEEDS
from catalogue.policies.targets.needs import Loss
from catalogue.policies.targets.table import target_named
from catalogue.repository import Repository

_MOST_NAMED = 20


def get_policy(holdings: Holdings, question: PolicyRequest) -> PolicyFound:
    """Return the recommended policy of a server or of one of its tools, never a part of it."""
    with holdings.reading() as session:
        rows = holdings.tools(Repository(session), question.server, question.tool)
    judged = [(row.name, row.definition, row.verdict) for row in rows if row.verdict]
    policy = requested_policy(judged, question.tool, question.posture)
    exported = _exported(policy, rows[0].server, question) if question.target else None
    named, left_out = (policy, []) if exported else _named(policy, question)
    return PolicyFound(
        server=shown_name(rows[0].server),
        tool=None if question.tool is None else shown_name(rows[0].name),
        posture=question.posture,
        quoted_policy=None if exported else document.to_json(named),
        exported=exported,
        hidden=len(named.hide),
        blanks=list(_blanks(named)),
        quoted_left_out=left_out,
    )


def _exported(policy: Policy, server: str, question: PolicyRequest) -> ExportFound:
    target = target_named(question.target or "")
    made = export(policy, target, question.known_as or usual_name(server), approvals=not question.plain)
    text = made.text(target)
    if hides(text):
        raise CatalogueError(f"the policy of {question.server!r} for {target.title} has hidden characters", "deny it")
    return ExportFound(target.name, target.file, text, list(map(_loss, made.losses)))


def _loss(loss: Loss) -> LossFound:
    named, more = first(map(shown_name, loss.tools), _MOST_NAMED)
    return LossFound(loss.need.value, NEEDS[loss.need], loss.instead.value, named, more)


def _named(policy: Policy, question: PolicyRequest) -> tuple[Policy, list[str]]:
    """Take out the tools that cannot be named as they are: what a server's policy does not name, it denies."""
    policy = document.plain(policy) if question.plain else policy
    rules = {name: json.dumps(document.written_rule(rule), ensure_ascii=False) for name, rule in policy.tools.items()}
    out = sorted(name for name in {*policy.hide, *rules} if hides(name) or _hides_in(rules.get(name, "")))
    if out and question.tool is not None:
        raise CatalogueError(f"tool {question.tool!r} has hidden characters, so no policy can name it", "deny it")
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
