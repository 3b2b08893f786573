"""By `isToolEnabled` of https://github.com/docker/mcp-gateway: what is listed is offered, without a list all."""

from __future__ import annotations

import yaml

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading


def read(text: str, server: str) -> Reading:
    tools = yaml.load(text, yaml.CSafeLoader).get(server)

    def answer(tool: str, _: object) -> Answer:
        return Answer.ALLOW if tools is None or tool in tools else Answer.HIDE

    return answer
