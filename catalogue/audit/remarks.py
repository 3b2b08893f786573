"""From servers and their tools to remarks: one sentence for each thing to know, with its severity. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from catalogue.audit.identity import NOT_ASKED
from catalogue.audit.places import title
from catalogue.audit.report import AuditedServer, AuditedTool, ClientFlow, Fault, Kind, Known, Remark
from catalogue.flows import Flow, State, flow_of, parts_of, sentences
from classifier.claims import CONFLICT
from classifier.verdict import Severity, Signal

_WAYS = {"env": "environment variable", "headers": "header", "args": "argument", "url": "address"}


def remarks_of(
    servers: Sequence[AuditedServer], flows: Iterable[ClientFlow], faults: Iterable[Fault]
) -> Iterator[Remark]:
    """All that is to be said. Servers that their client does not start count for what stands in their entry alone."""
    for fault in faults:
        yield Remark(Kind.UNREADABLE, Severity.MEDIUM, fault.client, fault.place, fault.line, "", "", _of_fault(fault))
    for server in servers:
        yield from _of_entry(server)
        if server.configured.enabled:
            yield from _of_identity(server)
            yield from (remark for tool in server.tools for remark in _of_tool(server, tool))
    for flow in flows:
        yield from _of_flow(flow)


def flows_of(servers: Iterable[AuditedServer]) -> Iterator[ClientFlow]:
    """What the tools of each client do together: those for the machine, and those with the ones for each folder."""
    started = [server for server in servers if server.configured.enabled]
    for client in dict.fromkeys(server.configured.client for server in started):
        own = [server for server in started if server.configured.client == client]
        told: list[Flow] = []
        for scope in dict.fromkeys(server.configured.scope for server in own):
            together = [server for server in own if server.configured.scope in ("", scope)]
            flow = flow_of(
                part
                for server in together
                for tool in server.tools
                for part in parts_of(
                    _full_name(server, tool), tool.occurrence, [Signal(one, ()) for one in tool.signals]
                )
            )
            if len(flow.missing) < 2 and flow not in told:
                told.append(flow)
                place = next(
                    server.configured.place for server in reversed(together) if server.configured.scope == scope
                )
                yield ClientFlow(client, scope, place, flow)


def remark(server: AuditedServer, kind: Kind, severity: Severity, says: str, tool: str = "", *words: str) -> Remark:
    """A remark about a configured server."""
    one = server.configured
    return Remark(
        kind, severity, one.client, one.place, one.line, one.name, tool, says, frozenset({kind.value, *words})
    )


def _of_fault(fault: Fault) -> str:
    return f"{title(fault.client)}: {fault.place} {fault.says}"


def _of_entry(server: AuditedServer) -> Iterator[Remark]:
    one = server.configured
    if one.fault:
        yield remark(server, Kind.UNREADABLE, Severity.MEDIUM, f"{one.name}: {one.fault}")
    for secret in one.secrets:
        named = f" {secret.name}" if secret.name and secret.place != "url" else ""
        says = f"{one.name} has a secret in its configuration: {_WAYS.get(secret.place, secret.place)}{named}"
        yield remark(server, Kind.SECRET, Severity.HIGH, says)
    if one.unpinned:
        yield remark(server, Kind.UNPINNED, Severity.MEDIUM, f"{one.name} starts what is newest: {one.unpinned}")


def _of_identity(server: AuditedServer) -> Iterator[Remark]:
    one, identity = server.configured, server.identity
    if identity.known is Known.UNKNOWN and not one.fault and not server.told_by and identity.why != NOT_ASKED:
        yield remark(server, Kind.UNKNOWN, Severity.MEDIUM, f"{one.name} is unknown: {identity.why}")


def _of_tool(server: AuditedServer, tool: AuditedTool) -> Iterator[Remark]:
    signals = f": {', '.join(tool.signals)}" if tool.signals else ""
    says = f"{_full_name(server, tool)} is {tool.category.value.capitalize()}, severity {tool.severity.value}{signals}"
    yield remark(server, Kind.TOOL, tool.severity, says, tool.name, tool.category.value, *tool.signals)
    if CONFLICT in tool.signals:
        says = (
            f"{_full_name(server, tool)} claims less than its own words say: it is {tool.category.value.capitalize()}"
        )
        yield remark(server, Kind.HINT, Severity.MEDIUM, says, tool.name)


def _of_flow(flow: ClientFlow) -> Iterator[Remark]:
    if flow.flow.state is State.OPEN:
        return
    severity = Severity.HIGH if flow.flow.state is State.CLOSED else Severity.MEDIUM
    says = f"{title(flow.client)}: {' '.join(sentences(flow.flow))}"
    yield Remark(Kind.FLOW, severity, flow.client, flow.place, 1, "", "", says, frozenset({Kind.FLOW.value}))


def _full_name(server: AuditedServer, tool: AuditedTool) -> str:
    return f"{server.configured.name}: {tool.name}"
