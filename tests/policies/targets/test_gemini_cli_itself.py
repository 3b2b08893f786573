"""The exports for Gemini CLI in the eyes of its own engine, in the mode that allows everything that no rule forbids.

`npm install --prefix FOLDER @google/gemini-cli-core`, and GEMINI_CLI_CORE=FOLDER/node_modules/@google/gemini-cli-core.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import get_args

import pytest

from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.recommend import Posture, server_policy
from catalogue.policies.targets.export import export
from catalogue.policies.targets.table import TARGETS
from tests.policies.corpus import Tool

CORE = os.environ.get("GEMINI_CLI_CORE", "")
SAID = {Outcome.ALLOWED: "allow", Outcome.HELD: "ask_user", Outcome.DENIED: "hidden", Outcome.HIDDEN: "hidden"}


@pytest.mark.skipif(not CORE, reason="GEMINI_CLI_CORE names no package")
@pytest.mark.parametrize("posture", get_args(Posture))
def test_the_engine_decides_as_the_policy_says(posture: Posture, corpus: dict[str, list[Tool]], tmp_path: Path) -> None:
    target, asked, wanted = TARGETS["gemini-cli"], [], []
    for tools in corpus.values():
        names = sorted({name for name, _, _ in tools} | {"a tool that nobody names"})
        made = export(server_policy(tools, posture), target, "server")
        asked.append({"text": made.text(target), "tools": names})
        decide = Evaluator(made.policy).decide
        wanted.append([[name, SAID[decide(target.spell(name) or name).outcome]] for name in names])
    file = tmp_path / "asked.json"
    file.write_text(json.dumps(asked))
    script = Path(__file__).with_name("gemini_cli.mjs")
    ended = subprocess.run(["node", script, CORE, file], check=True, capture_output=True, text=True, timeout=300)
    assert json.loads(ended.stdout.splitlines()[-1]) == wanted
