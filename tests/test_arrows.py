"""The arrows of the architecture: which module may import which. A module without a place here fails, too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# What each package may import besides itself and what it depends on by pyproject.
PACKAGES = {
    "catalogue": {"catalogue", "classifier", "crawler", "migrations", "site_templates"},
    "classifier": {"classifier"},
    "crawler": {"crawler"},
    "migrations": {"migrations", "catalogue"},
    "site_templates": set(),
}

# From top to bottom: a unit (a module, or a package with all below it) may import what stands in a lower row, and
# itself; units of one row know nothing of each other.
LAYERS = {
    "catalogue": [
        {"cli"},
        {"agents", "queue"},
        {"audit"},
        {"published"},
        {"intake", "classification", "scoring", "export", "site"},
        {"attacks", "history", "open_data"},
        {"drift", "lookup", "policies", "renames"},
        {"repository", "database"},
        {"models"},
        {
            "ascii_json",
            "claims",
            "columns",
            "editing",
            "flows",
            "identity",
            "invisible",
            "judging",
            "schedule",
            "spans",
            "tool_files",
            "wire",
        },
        {"values"},
        {"errors"},
    ],
    "catalogue.site": [
        {"building"},
        {"machine"},
        {"pages"},
        {"gathered"},
        {"files"},
        {"grade"},
        {"context", "foreign"},
        {"addresses", "command", "encode"},
        {"content_types", "marks", "outcomes", "shards", "urls"},
    ],
    "classifier": [
        {"explain", "lint", "score"},
        {"claims", "ruleset"},
        {"effects", "index", "rationale", "switches"},
        {"rule"},
        {"condition"},
        {"schema_leaves", "text_leaves"},
        {"leaves"},
        {"phrase"},
        {"features"},
        {"actions", "clauses"},
        {"acts"},
        {"lexicon"},
        {"glosses", "needs", "tool"},
        {"docstrings"},
        {"schema"},
        {"listings", "text", "verdict"},
        {"lazy", "rule_files", "sieve"},
    ],
    "crawler": [
        {"run"},
        {"spiders"},
        {"pipelines", "resolver", "retry"},
        {"introspector"},
        {"settings"},
        {"manners", "opt_out"},
        {"addresses"},
        {"records"},
    ],
}

# What the pure package does without: network, database, clock, chance, processes.
IMPURE = {"asyncio", "datetime", "http", "httpx", "random", "secrets", "socket", "sqlalchemy", "sqlite3", "subprocess",
          "time", "urllib", "uuid"}  # fmt: skip


def imports_of(file: Path) -> Iterator[str]:
    """Every module that a file imports, anywhere in it, with its full dotted name."""
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (start, node.module) if part)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def files_of(package: str) -> list[Path]:
    return sorted((ROOT / package.replace(".", "/")).rglob("*.py"))


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def unit_of(dotted: str, package: str) -> str:
    """`catalogue.site.urls` is of the unit `site` in `catalogue`; "" for what is not below it."""
    return dotted.removeprefix(f"{package}.").partition(".")[0] if dotted.startswith(f"{package}.") else ""


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_what_the_arrows_allow(package):
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files_of(package)
        for name in imports_of(file)
        if (top := name.split(".")[0]) in PACKAGES and top not in PACKAGES[package]
    }
    assert not wrong


@pytest.mark.parametrize("package", LAYERS)
def test_every_module_has_a_place(package):
    units = {unit_of(name_of(file), package) for file in files_of(package)}
    placed = {unit for layer in LAYERS[package] for unit in layer}
    assert units - {"__init__"} == placed


@pytest.mark.parametrize("package", LAYERS)
def test_arrows_inside_a_package_point_down(package):
    rank = {unit: number for number, layer in enumerate(LAYERS[package]) for unit in layer}
    wrong = set()
    for file in files_of(package):
        unit = unit_of(name_of(file), package)
        for name in imports_of(file):
            other = unit_of(name, package)
            if other in rank and other != unit and rank[other] <= rank.get(unit, -1):
                wrong.add(f"{file.relative_to(ROOT)} imports {package}.{other}")
    assert not wrong


def test_the_classifier_is_pure():
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files_of("classifier")
        for name in imports_of(file)
        if name.split(".")[0] in IMPURE
    }
    assert not wrong


def test_the_crawler_knows_no_database():
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files_of("crawler")
        for name in imports_of(file)
        if name.split(".")[0] in {"sqlalchemy", "sqlite3", "alembic", "psycopg"}
    }
    assert not wrong
