"""All hostile remotes of the tests in one crawl, with the times of a real one: how each ended, and what it took."""

from __future__ import annotations

import tempfile
from pathlib import Path

from crawler.introspector import Budget
from tests.crawler.attacks import ATTACKS, suite


def main() -> None:
    """Print each attack that ends in another way than it should, and a line for the whole."""
    budget = Budget()
    with tempfile.TemporaryDirectory() as folder:
        run = suite.run(Path(folder), budget)
    asked = [*ATTACKS.values(), *suite.NEIGHBOURS]
    wrong = 0
    for one in asked:
        for fault in suite.faults(one, run.outcomes[one.address], budget):
            wrong += 1
            print(f"{one.name} should have: {fault}; {run.outcomes[one.address]}")
    print(
        f"{len(ATTACKS)} attacks and {len(suite.NEIGHBOURS)} healthy servers: {run.seconds:.1f} s, "
        f"{run.memory / 1024:.0f} MiB, {wrong} wrong, {len(run.astray)} connections astray"
    )


if __name__ == "__main__":
    main()
