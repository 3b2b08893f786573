"""By the engine's own rules: the highest priority of those that fit by the full name, nothing fits: a person is asked.

https://geminicli.com/docs/reference/policy-engine/, and the program's names: underscores for what a name cannot have,
dots in the middle of a long one. `test_gemini_cli_itself.py` runs the engine itself on the same files.
"""

from __future__ import annotations

import re
import tomllib

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading

_DECISIONS = {"allow": Answer.ALLOW, "ask_user": Answer.ASK, "deny": Answer.HIDE}


def full_name(server: str, tool: str) -> str:
    name = re.sub(r"[^a-zA-Z0-9_\-.:]", "_", f"mcp_{server}_{tool}")
    return name if len(name) <= 63 else f"{name[:30]}...{name[-30:]}"


def read(text: str, server: str) -> Reading:
    fitting: dict[str, tuple[int, Answer]] = {}
    for rule in tomllib.loads(text)["rule"]:
        assert rule["mcpName"] == server
        assert "_" not in server
        names = rule["toolName"] if isinstance(rule["toolName"], list) else [rule["toolName"]]
        for name in names:
            known = f"mcp_{server}_{name}"
            fitting[known] = max(fitting.get(known, (0, Answer.ASK)), (rule["priority"], _DECISIONS[rule["decision"]]))

    def answer(tool: str, _: object) -> Answer:
        name = full_name(server, tool)
        known = (name, f"mcp_{server}_{name}", f"mcp_{server}_*")  # the second one as the engine takes it, too
        return max(fitting.get(one, (0, Answer.ASK)) for one in known)[1]

    return answer
