"""The crawling process of the attack suite: `python -m tests.crawler.attacks.crawl FILE` with an internet in FILE.

It reads the servers from a file as any crawl does, asks them all into a database, and prints what stands there then,
with the memory that the asking took.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.database import open_database
from catalogue.intake import crawl
from catalogue.intake.introspection import introspect_due
from catalogue.repository import Repository
from crawler.introspector import introspect
from crawler.opt_out import read_opt_out
from crawler.run import SourceRequest
from tests.crawler.attacks.attack import BUDGET
from tests.crawler.attacks.internet import Internet, surrounded

CONCURRENCY = 48


def main(folder: Path) -> None:
    engine = open_database(f"sqlite:///{folder}/catalogue.db")
    source = SourceRequest("file", str(folder / "servers.json"))
    crawl(engine, [source], only="discover", limit=None, allow_private=False, concurrency=1, report=_silent)
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    began = time.monotonic()
    with surrounded(Internet(**json.loads((folder / "internet.json").read_text()))) as astray:
        introspect_due(
            engine,
            functools.partial(introspect, budget=BUDGET),
            limit=None,
            allow_private=False,
            opt_out=read_opt_out(None),
            concurrency=CONCURRENCY,
            report=_silent,
        )
    seconds = time.monotonic() - began
    outcomes = _outcomes(engine)
    memory = _memory("VmHWM") - before
    json.dump({"outcomes": outcomes, "seconds": seconds, "memory": memory, "astray": astray}, sys.stdout)


def _outcomes(engine: Any) -> dict[str, Any]:
    """Return each attempt by the address that was asked, with the tools of its server."""
    with Session(engine) as session:
        tools: dict[str, list[str]] = {}
        for tool in Repository(session).tools(""):
            tools.setdefault(tool.server, []).append(tool.name)
        rows = session.execute(
            select(models.Target.address, models.Server.name, models.Introspection)
            .join(models.Introspection, models.Introspection.target_id == models.Target.id)
            .join(models.Server, models.Server.id == models.Target.server_id)
        )
        return {
            address: {
                "outcome": row.outcome,
                "detail": row.detail,
                "seconds": row.duration,
                "listed": row.tools,
                "tools": tools.get(server, [])[:200],
                "kept": len(tools.get(server, [])),
                "complete": row.complete,
                "malformed": len(row.malformed),
                "sign_in": row.sign_in,
            }
            for address, server, row in rows
        }


def _memory(what: str) -> int:
    """Return a figure of /proc/self/status in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(what)))


def _silent(*_: Any) -> None:
    pass


if __name__ == "__main__":
    main(Path(sys.argv[1]))
