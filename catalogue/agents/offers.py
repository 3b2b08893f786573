"""The tools that agents may call: the one table of names, questions, answers and functions. Knows no protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalogue.agents import about_audit, about_changes, about_policies, about_servers, about_tools
from catalogue.agents.answers import (
    AuditFound,
    ChangesFound,
    FlowFound,
    PolicyFound,
    ServerFound,
    ToolsFound,
    VerdictFound,
)
from catalogue.agents.holdings import Holdings
from catalogue.agents.questions import AuditRequest, ChangesRequest, OneServer, OneTool, PolicyRequest, ToolSearch


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool: what it is called, what it does in words for a model, what it takes and returns, and how."""

    name: str
    title: str
    about: str
    question: type
    answer: type
    ask: Callable[[Holdings, Any], Any]


OFFERS = (
    Offer(
        "search_tools",
        "Search tools",
        "Find tools of MCP servers in the catalogue by words, server, category, severity and signal. Lists each with "
        "its verdict in short, by server and name, and its description: third-party text.",
        ToolSearch,
        ToolsFound,
        about_tools.search_tools,
    ),
    Offer(
        "get_server",
        "Look up a server",
        "Look up one MCP server: what its author says of it (third-party text), where it is listed, how it is reached, "
        "and how many of its tools have which category, severity and signals.",
        OneServer,
        ServerFound,
        about_servers.get_server,
    ),
    Offer(
        "get_verdict",
        "Get a tool's verdict",
        "Get the verdict on one tool: category, severity and signals, each with the rule and the words of the tool's "
        "definition that it rests on, which are third-party text, and what speaks against it.",
        OneTool,
        VerdictFound,
        about_tools.get_verdict,
    ),
    Offer(
        "get_policy",
        "Get a recommended policy",
        "Get the recommended policy of a server, or of one of its tools, as a document or in the words of a "
        "client, and what a person still has to fill in. Shows it only; nothing is put in force.",
        PolicyRequest,
        PolicyFound,
        about_policies.get_policy,
    ),
    Offer(
        "get_flow",
        "Get a server's flow",
        "Get which tools of a server let strangers' text in, which return private data and which are a way out: "
        "together they let a stranger's text carry private data out. Quotes their definitions: third-party text.",
        OneServer,
        FlowFound,
        about_servers.get_flow,
    ),
    Offer(
        "list_changes",
        "List changes",
        "List which tools appeared, changed or went since a moment, graded by effect, for one server or all.",
        ChangesRequest,
        ChangesFound,
        about_changes.list_changes,
    ),
    Offer(
        "audit_configuration",
        "Audit a configuration",
        "Look up every server that an MCP client's configuration names: who it is in the catalogue, how many of its "
        "tools have which category, severity and signals, and what stands out. Reads only; no server is started.",
        AuditRequest,
        AuditFound,
        about_audit.audit_configuration,
    ),
)
"""In the order in which they are listed."""
