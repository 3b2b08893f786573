"""The exports for OpenAI in the eyes of OpenAI's own packages: the type of a request, and the Agents SDK's filter."""

from __future__ import annotations

import asyncio
import json
from typing import Any, get_args

import pytest
from agents.mcp import MCPServerStdio, create_static_tool_filter
from mcp.types import Tool as ListedTool
from openai.types.responses.tool_param import Mcp
from pydantic import TypeAdapter

from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.recommend import Posture, server_policy
from catalogue.policies.targets.export import export
from catalogue.policies.targets.table import TARGETS
from tests.policies.corpus import Tool

REQUEST = TypeAdapter(Mcp)


@pytest.mark.parametrize("posture", get_args(Posture))
def test_the_sdk_shows_and_asks_as_the_policy_says(posture: Posture, corpus: dict[str, list[Tool]]) -> None:
    for tools in corpus.values():
        made = export(server_policy(tools, posture), TARGETS["openai"], "server")
        entry: dict[str, Any] = json.loads(made.text(TARGETS["openai"]))
        REQUEST.validate_python(entry)
        server = MCPServerStdio(
            params={"command": "none"},
            require_approval=entry["require_approval"],
            tool_filter=create_static_tool_filter(allowed_tool_names=entry["allowed_tools"]),
        )
        listed = [ListedTool(name=name, input_schema={"type": "object"}) for name, _, _ in tools]
        shown = {tool.name for tool in asyncio.run(server._apply_tool_filter(listed, None, None))}  # type: ignore[arg-type]
        for tool in listed:
            left = Evaluator(made.policy).decide(tool.name).outcome
            assert (tool.name in shown) is (left in (Outcome.ALLOWED, Outcome.HELD)), tool.name
            if tool.name in shown:
                asks = server._get_needs_approval_for_tool(tool, None)  # type: ignore[arg-type]
                assert asks is (left is Outcome.HELD), tool.name
