"""By https://code.claude.com/docs/en/permissions: deny, then ask, then allow; nothing fits: a person is asked.

A rule of a whole server, and globs, are understood too, so that one that was written by mistake shows.
"""

from __future__ import annotations

import json
import re

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading


def read(text: str, server: str) -> Reading:
    permissions = json.loads(text).get("permissions", {})
    rules = {key: [rule for rule in permissions.get(key, ()) if "(" not in rule] for key in ("deny", "ask", "allow")}
    exact = {key: set(rules[key]) for key in rules}
    globs = {
        key: [re.compile(re.escape(rule).replace(r"\*", ".*")) for rule in rules[key] if "*" in rule] for key in rules
    }

    def answer(tool: str, _: object) -> Answer:
        own = "".join(char if char.isascii() and (char.isalnum() or char in "_-") else "_" for char in tool)
        name = f"mcp__{server}__{own}"
        for key, meant in (("deny", Answer.HIDE), ("ask", Answer.ASK), ("allow", Answer.ALLOW)):
            if {name, f"mcp__{server}"} & exact[key] or any(glob.fullmatch(name) for glob in globs[key]):
                return meant
        return Answer.ASK

    return answer
