"""Answers what a server is and what its tools can do, alone and together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catalogue.agents.answers import (
    FlowFound,
    ListingFound,
    PartFound,
    ServerFound,
    TargetFound,
    ToolCounts,
    counted,
)
from catalogue.agents.holdings import Holdings
from catalogue.agents.questions import OneServer
from catalogue.agents.quoting import first, quoted, shown_name
from catalogue.flows import Flow, Leg, Part, flow_of, parts_of, sentences
from catalogue.lookup import stored_tools
from catalogue.repository import Repository
from catalogue.values import ListingRow, ServerRow, Standing, TargetRow, ToolRow
from classifier.verdict import Verdict

_LONGEST_TEXT = 2_000
_LONGEST_VALUE = 300
_LONGEST_WORDS = 160
_MOST_PLACES = 30  # listings or targets
_MOST_PARTS = 40
_MOST_WORDS = 3


def get_server(holdings: Holdings, question: OneServer) -> ServerFound:
    """Return a server with its listings, its targets and its tools by what they can do."""
    with holdings.reading() as session:
        repository = Repository(session)
        server = holdings.server(repository, question.server)
        tools = _tools(holdings, repository, server.name)
    listings, more_listings = first(server.listings, _MOST_PLACES)
    targets, more_targets = first(server.targets, _MOST_PLACES)
    return ServerFound(
        server=shown_name(server.name),
        **_texts(server),
        withdrawn=server.withdrawn,
        first_seen=server.first_seen,
        last_seen=server.last_seen,
        listings=list(map(_listing, listings)),
        targets=list(map(_target, targets)),
        confirmed=_counts(tools, Standing.CONFIRMED),
        declared=_counts(tools, Standing.DECLARED),
        flow=_flow(tools).state,
        omitted=more_listings + more_targets,
    )


def get_flow(holdings: Holdings, question: OneServer) -> FlowFound:
    """Return the legs that a server's tools are, and what that means."""
    with holdings.reading() as session:
        repository = Repository(session)
        name = holdings.server(repository, question.server).name
        flow = _flow(_tools(holdings, repository, name))
    legs = {leg: first(parts, _MOST_PARTS) for leg, parts in flow.legs.items()}
    return FlowFound(
        server=shown_name(name),
        state=flow.state,
        missing=[leg.value for leg in flow.missing],
        untrusted_content=_parts(legs[Leg.UNTRUSTED][0]),
        private_data=_parts(legs[Leg.PRIVATE][0]),
        way_out=_parts(legs[Leg.OUT][0]),
        quoted_says=[quoted(sentence, _LONGEST_TEXT) for sentence in sentences(flow)],
        omitted=sum(more for _, more in legs.values()),
    )


def _tools(holdings: Holdings, repository: Repository, server: str) -> list[ToolRow]:
    return [tool.decoded() for tool in stored_tools(repository, holdings.ruleset, server)]


def _texts(server: ServerRow) -> dict[str, str]:
    return {
        "quoted_title": quoted(server.title, _LONGEST_VALUE),
        "quoted_description": quoted(server.description, _LONGEST_TEXT),
        "quoted_version": quoted(server.version, _LONGEST_VALUE),
        "quoted_repository": quoted(server.repository_url, _LONGEST_VALUE),
        "quoted_website": quoted(server.website_url, _LONGEST_VALUE),
    }


def _listing(row: ListingRow) -> ListingFound:
    return ListingFound(row.source, row.status, quoted(row.version, _LONGEST_VALUE), row.fetched_at)


def _target(row: TargetRow) -> TargetFound:
    target, latest = row.target, row.latest
    return TargetFound(
        kind=target.kind.value,
        transport=target.transport.value,
        quoted_address=quoted(target.address, _LONGEST_VALUE),
        quoted_version=quoted(target.version, _LONGEST_VALUE),
        outcome=latest.outcome if latest else "untried",
        asked_at=latest.started_at if latest else None,
        complete=bool(latest and latest.complete),
    )


def _verdicts(tools: Iterable[ToolRow], standing: Standing) -> list[Verdict]:
    return [tool.verdict for tool in tools if tool.verdict and tool.standing is standing]


def _counts(tools: Iterable[ToolRow], standing: Standing) -> ToolCounts:
    verdicts = _verdicts(tools, standing)
    return ToolCounts(
        tools=len(verdicts),
        categories=counted(verdict.category.value for verdict in verdicts),
        severities=counted(verdict.severity.value for verdict in verdicts),
        signals=counted(signal.id for verdict in verdicts for signal in verdict.signals),
    )


def _flow(tools: Iterable[ToolRow]) -> Flow:
    return flow_of(
        part for tool in tools if tool.verdict for part in parts_of(tool.name, tool.occurrence, tool.verdict.signals)
    )


def _parts(parts: Sequence[Part]) -> list[PartFound]:
    return [
        PartFound(
            tool=shown_name(part.tool),
            occurrence=part.occurrence,
            signal=part.signal,
            certain=part.certain,
            quoted_words=[quoted(one.quote, _LONGEST_WORDS) for one in part.evidence if one.quote][:_MOST_WORDS],
        )
        for part in parts
    ]
