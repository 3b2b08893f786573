"""What `catalogue audit` costs on a configuration of 30 servers with 1,000 tools, from a local database."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.commands import run
from benchmarks.tools import made_up, numbered

SERVERS = 30
TOOLS = 1_000
RUNS = 5


def main() -> None:
    """Print the best of some runs in each format, and the start-up of the command line to compare with."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        database = ("--database", f"sqlite:///{place}/bench.db")
        records, configuration = write_files(place)
        run("crawl", "--source", f"file={records}", "--only", "discover", *database)
        run("classify", *database)
        print(f"{SERVERS} servers, {TOOLS:,} tools, best of {RUNS}")
        print(f"{'command':<34}{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}")
        for arguments in (
            ["--help"],
            *(["audit", str(configuration), *database, "--format", form] for form in FORMATS),
        ):
            costs = [
                run(*arguments, label=" ".join(arguments[:1] + arguments[-2:][: len(arguments) - 1]))
                for _ in range(RUNS)
            ]
            best = min(costs, key=lambda cost: cost.wall)
            print(f"{best.command:<34}{best.wall:>9.2f}{best.cpu:>9.2f}{best.peak:>10.0f}")


FORMATS = ("table", "json", "sarif")


def write_files(folder: Path, servers: int = SERVERS, tools: int = TOOLS) -> tuple[Path, Path]:
    """Write the servers' records with their tools, and a configuration that starts them all. Return both files."""
    records, configuration = folder / "records.json", folder / "mcp.json"
    wire = numbered(made_up(), tools)
    share = -(-tools // servers)
    records.write_text(json.dumps([record(number, list(islice(wire, share))) for number in range(servers)]))
    entries = {
        f"server-{number}": {"command": "npx", "args": ["-y", f"bench-{number}@1.0.0"]} for number in range(servers)
    }
    configuration.write_text(json.dumps({"mcpServers": entries}))
    return records, configuration


def record(number: int, tools: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a record of server.json that declares tools; no two of one name, as servers list them."""
    named = [{**tool, "name": f"{tool['name']}_{place}"} for place, tool in enumerate(tools)]
    return {
        "name": f"bench/server-{number}",
        "description": "A server to measure with.",
        "version": "1.0.0",
        "packages": [{"registryType": "npm", "identifier": f"bench-{number}", "version": "1.0.0"}],
        "_meta": {
            "io.modelcontextprotocol.registry/publisher-provided": {"bench": {"package": {"tool_definitions": named}}}
        },
    }


if __name__ == "__main__":
    main()
