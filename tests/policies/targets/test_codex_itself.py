"""The exports for Codex in the eyes of its own parser: that it takes the file, and which tools of a server it lists.

`npm install --prefix FOLDER @openai/codex`, and CODEX=FOLDER/node_modules/@openai/codex-*/vendor/*/bin/codex. It prints
no modes of single tools, so of these it is only tested that it knows them.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import get_args

import pytest

from catalogue.policies.document import Policy, ToolRule
from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.recommend import Posture, server_policy
from catalogue.policies.targets.export import export
from catalogue.policies.targets.merge import merge
from catalogue.policies.targets.table import TARGETS
from tests.policies.corpus import Tool

CODEX = os.environ.get("CODEX", "")
TARGET = TARGETS["codex"]
SERVER = "files"
pytestmark = pytest.mark.skipif(not CODEX, reason="CODEX names no program")


def parsed(home: Path, content: bytes) -> subprocess.CompletedProcess[str]:
    (home / "config.toml").write_bytes(content)
    command = [CODEX, "mcp", "get", SERVER, "--json"]
    environment = {**os.environ, "CODEX_HOME": str(home)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def entry(policy: Policy) -> bytes:
    before = f'[mcp_servers.{SERVER}]\ncommand = "none"\n'
    return merge(export(policy, TARGET, SERVER), TARGET, SERVER, before.encode()).data


@pytest.mark.parametrize("posture", get_args(Posture))
def test_the_parser_reads_what_the_policy_says(posture: Posture, corpus: dict[str, list[Tool]], tmp_path: Path) -> None:
    for tools in corpus.values():
        policy = server_policy(tools, posture)
        decide = Evaluator(export(policy, TARGET, SERVER).policy).decide
        names = {name for name, _, _ in tools}
        shown = {name for name in names if decide(name).outcome in (Outcome.ALLOWED, Outcome.HELD)}
        ended = parsed(tmp_path, entry(policy))
        assert ended.returncode == 0, ended.stderr
        found = json.loads(ended.stdout)
        assert (set(found["enabled_tools"]), set(found["disabled_tools"] or ())) == (shown, names - shown)


def test_the_parser_looks_at_the_modes_of_tools(tmp_path: Path) -> None:
    content = entry(Policy("deny", tools={"look": ToolRule()}))
    assert parsed(tmp_path, content).returncode == 0
    assert parsed(tmp_path, content.replace(b'"approve"', b'"aprove"')).returncode != 0
