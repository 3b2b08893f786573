from __future__ import annotations

from pathlib import Path

import pytest

from catalogue.site.building.build import BuildSummary
from classifier.ruleset import RuleSet, load
from tests.site.shelf import Shelf, published, stocked


@pytest.fixture(scope="session")
def ruleset() -> RuleSet:
    return load()


@pytest.fixture
def shelf(ruleset: RuleSet) -> Shelf:
    return stocked(ruleset)


@pytest.fixture
def publish(tmp_path: Path):
    def run(shelf: Shelf, out: Path = tmp_path / "site", base_url: str | None = None) -> BuildSummary:
        return published(shelf, out, base_url)

    return run
