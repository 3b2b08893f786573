"""The crawling process of the attack suite: `python -m tests.crawler.attacks.crawl FOLDER`.

It reads the folder's servers.json as any crawl does, asks them all into the folder's database, in the internet of
plan.json and those again that stand in it as such, and prints what stands in the database then, with the memory that
the asking took and the connections that led astray.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.database import open_database, writing
from catalogue.intake import crawl
from catalogue.intake.introspection import introspect_due
from crawler.introspector import Budget, introspect
from crawler.opt_out import read_opt_out
from crawler.run import SourceRequest
from tests.crawler.attacks.internet import Internet, surrounded

CONCURRENCY = 24


def main(folder: Path) -> None:
    engine = open_database(f"sqlite:///{folder}/catalogue.db")
    source = SourceRequest("file", str(folder / "servers.json"))
    crawl(engine, [source], only="discover", limit=None, allow_private=False, concurrency=1, report=_silent)
    plan = json.loads((folder / "plan.json").read_text())
    budget = Budget(**plan["budget"])
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    began = time.monotonic()
    with surrounded(Internet(**plan["internet"]), budget.resolve_seconds + 1) as astray:
        _ask(engine, budget)
        with writing(engine) as session:
            asked_again = models.Target.address.in_(plan["again"])
            session.execute(update(models.Target).where(asked_again).values(due_at=datetime.now(UTC)))
        _ask(engine, budget)
    said = {"seconds": time.monotonic() - began, "memory": _memory("VmHWM") - before, "astray": astray}
    json.dump({"outcomes": _outcomes(engine), **said}, sys.stdout)


def _ask(engine: Engine, budget: Budget) -> None:
    introspect_due(
        engine,
        functools.partial(introspect, budget=budget),
        limit=None,
        allow_private=False,
        opt_out=read_opt_out(None),
        concurrency=CONCURRENCY,
        report=_silent,
    )


def _outcomes(engine: Engine) -> dict[str, Any]:
    """Return what stands in the database of each address's last attempt: the fields of an `Outcome`."""
    query = (
        select(models.Target.address, models.Introspection)
        .join(models.Introspection, models.Introspection.target_id == models.Target.id)
        .order_by(models.Introspection.id)
    )
    with Session(engine) as session:
        return {address: _outcome(row) for address, row in session.execute(query)}


def _outcome(row: models.Introspection) -> dict[str, Any]:
    return {
        "outcome": row.outcome,
        "detail": row.detail,
        "seconds": row.duration,
        "tools": row.tools,
        "complete": row.complete,
        "malformed": len(row.malformed),
        "why": row.malformed[0][1] if row.malformed else "",
    }


def _memory(what: str) -> int:
    """Return a figure of /proc/self/status in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(what)))


def _silent(*_: Any) -> None:
    pass


if __name__ == "__main__":
    main(Path(sys.argv[1]))
