"""Answers what the servers of a client's configuration can do: the audit of `catalogue audit`, on a text or on files.

Files are read only where whoever started the server named them. Nothing is started, and nobody is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from catalogue.agents.answers import AuditFound, ConfiguredFound, RemarkFound, ToolCounts, counted
from catalogue.agents.holdings import Holdings
from catalogue.agents.questions import AuditRequest
from catalogue.agents.quoting import first, quoted, shown_name
from catalogue.audit import auditing, places
from catalogue.audit.formats.notable import Line, told
from catalogue.audit.places import Place
from catalogue.audit.reading import read_content
from catalogue.audit.report import AuditedServer, Configured, Fault
from catalogue.errors import CatalogueError

_SHOWN = "the configuration"
_LONGEST_SENTENCE = 500
_LONGEST_WORDS = 160
_MOST_SERVERS = 50
_MOST_REMARKS = 50


def audit_configuration(holdings: Holdings, question: AuditRequest) -> AuditFound:
    """Return what the servers of a configuration can do, the worst first, and what else is to be known of them."""
    read = _read(holdings, question)
    report = auditing.audit(read, holdings.shelf, list, auditing.Wanted(), holdings.ruleset.digest)
    servers, more_servers = first(report.servers, _MOST_SERVERS)
    remarks, more_remarks = first(told(report), _MOST_REMARKS)
    return AuditFound(
        servers=list(map(_configured, servers)),
        remarks=list(map(_remark, remarks)),
        severities=counted(remark.severity.value for remark in report.remarks),
        omitted=more_servers + more_remarks,
    )


def _read(holdings: Holdings, question: AuditRequest) -> Sequence[Configured | Fault]:
    if question.client is not None and question.text is not None:
        return _of_text(question.client, question.text)
    if question.client is not None or question.text is not None:
        raise CatalogueError("half of a configuration was given; expected its client and its text, or neither")
    if not holdings.configurations:
        tip = "give the configuration's client and text, or have the server started with --audit PATH"
        raise CatalogueError("this server was not told of any configuration that it may read", tip)
    try:
        return auditing.read(auditing.find(holdings.configurations, Path.home()), Path.home())
    except CatalogueError as error:  # it names a path of this machine
        tip = "`catalogue audit` on that machine says why"
        raise CatalogueError("not all of the configurations that the server was started for are there", tip) from error


def _of_text(client: str, text: str) -> Sequence[Configured | Fault]:
    """Read a text in the language of the client's files; where these have several, in the first that names servers."""
    content = text.encode()
    files = (Place(client, Path(f"text{suffix}"), _SHOWN, asked=True) for suffix in places.suffixes(client))
    readings = [list(read_content(content, file, None)) for file in files]
    return next((one for one in readings if any(isinstance(each, Configured) for each in one)), readings[0])


def _configured(server: AuditedServer) -> ConfiguredFound:
    one = server.configured
    return ConfiguredFound(
        client=one.client,
        quoted_place=quoted(one.place, _LONGEST_WORDS),
        line=one.line,
        server=shown_name(one.name),
        enabled=one.enabled,
        quoted_starts=quoted(one.words, _LONGEST_WORDS),
        known=server.identity.known,
        quoted_known_as=shown_name(server.identity.server),
        quoted_why=quoted(server.identity.why, _LONGEST_WORDS),
        tools=_counts(server),
        unpinned=bool(one.unpinned),
        secrets=len(one.secrets),
    )


def _counts(server: AuditedServer) -> ToolCounts:
    return ToolCounts(
        tools=len(server.tools),
        categories=counted(tool.category.value for tool in server.tools),
        severities=counted(tool.severity.value for tool in server.tools),
        signals=counted(signal for tool in server.tools for signal in tool.signals),
    )


def _remark(line: Line) -> RemarkFound:
    return RemarkFound(
        remark=line.kind,
        severity=line.severity,
        quoted_place=quoted(line.place, _LONGEST_WORDS),
        line=line.line,
        quoted_says=quoted(line.says, _LONGEST_SENTENCE),
    )
