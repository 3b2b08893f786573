"""By https://cursor.com/docs/reference/permissions, with * and ? as in any glob; what is not on the list asks."""

from __future__ import annotations

import json
import re
from fnmatch import translate

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading


def read(text: str, server: str) -> Reading:
    entries = json.loads(text).get("mcpAllowlist", [])
    exact = {entry.lower() for entry in entries}
    globs = [re.compile(translate(entry), re.IGNORECASE) for entry in entries if set(entry) & set("*?[")]

    def answer(tool: str, _: object) -> Answer:
        name = f"{server}:{tool}"
        allowed = name.lower() in exact or any(glob.match(name) for glob in globs)
        return Answer.ALLOW if allowed else Answer.ASK

    return answer
