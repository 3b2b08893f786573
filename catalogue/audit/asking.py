"""Asks configured servers themselves for their tools, which only happens when it was agreed to. Knows no database.

They are asked as in a crawl, by the introspector: packages in the sandbox, without the keys, arguments and variables of
the configuration; remotes without any credential. A program of this machine is never started.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from catalogue.audit.report import AuditedServer, AuditedTool
from catalogue.audit.shelves import judged
from catalogue.values import Report
from catalogue.wire import check_wire
from classifier.ruleset import RuleSet
from classifier.tool import NotAToolError, definition_digest
from classifier.verdict import to_wire
from crawler.introspector import Budget, introspect
from crawler.records import Introspected, Level, NotIntrospected, Target, TargetKind

_AT_ONCE = 4
"""Each package is an installation and a process."""


def targets(servers: Sequence[AuditedServer]) -> Mapping[Target, str]:
    """Whom there is to ask, each once, with the words in which a person is asked first."""
    asked = (one.configured for one in servers if one.configured.target and one.configured.enabled)
    return {_bare(one.target): _will(one.target, one.words) for one in asked if one.target}


def ask(
    servers: Sequence[AuditedServer], ruleset: RuleSet, report: Report, *, allow_private: bool, level: Level
) -> list[AuditedServer]:
    """The servers with the tools that they list now; those that do not list them keep what the catalogue knows."""
    outcomes = asyncio.run(_ask([*targets(servers)], report, allow_private=allow_private, level=level))
    return [_told(server, outcomes, ruleset) for server in servers]


async def _ask(
    asked: Sequence[Target], report: Report, *, allow_private: bool, level: Level
) -> dict[Target, Introspected | NotIntrospected]:
    outcomes: dict[Target, Introspected | NotIntrospected] = {}
    free = asyncio.Semaphore(_AT_ONCE)

    async def one(target: Target) -> None:
        async with free:
            outcomes[target] = await introspect(target, Budget(), allow_private=allow_private, level=level)
            report("asking", len(outcomes), len(asked))

    await asyncio.gather(*map(one, asked))
    return outcomes


def _told(
    server: AuditedServer, outcomes: Mapping[Target, Introspected | NotIntrospected], ruleset: RuleSet
) -> AuditedServer:
    target = server.configured.target
    outcome = outcomes.get(_bare(target)) if target and server.configured.enabled else None
    if outcome is None:
        return server
    if isinstance(outcome, NotIntrospected):
        return replace(server, note=f"it did not list its tools: {outcome.reason.value}")
    note = "" if outcome.complete else "its list was too long, and is not complete"
    return replace(server, tools=tuple(_judged(outcome, ruleset)), told_by="introspection", note=note)


def _judged(outcome: Introspected, ruleset: RuleSet) -> Iterator[AuditedTool]:
    seen: dict[str, int] = {}
    for wire in outcome.tools:
        try:
            name = check_wire(wire)
            verdict = to_wire(ruleset.judge(wire))
        except NotAToolError:
            continue
        seen[name] = occurrence = seen.get(name, -1) + 1
        yield judged(name, occurrence, verdict, definition_digest(wire))


def _bare(target: Target) -> Target:
    """The target without the configuration's arguments: what they hold is not handed to a stranger's program."""
    return replace(target, needs=tuple(need for need in target.needs if need.kind in ("extra", "command", "variable")))


def _will(target: Target, words: str) -> str:
    return f"ask {words}" if target.kind is TargetKind.REMOTE else f"install {words} and start it in the sandbox"
