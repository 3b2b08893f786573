"""The files for machines: what the description of the API says of them is so, and copies and dumps come out whole."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate
from referencing import Registry, Resource

from catalogue.classification import classify_new
from catalogue.export import export
from catalogue.intake import import_file
from catalogue.site import shards, urls
from catalogue.site.addresses import SiteFormat
from catalogue.site.building.build import publish as publish_database
from catalogue.site.context import Site
from catalogue.site.files.swap import OURS
from catalogue.site.machine.overview_files import sitemap
from catalogue.site.shards import shard_digits, shard_of
from tests.site.shelf import DEFINITIONS, published, stocked


@pytest.fixture(scope="module")
def site(ruleset, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("api") / "site"
    shelf = stocked(ruleset)
    shelf.add("large", [{"name": f"get_item_{number}", "description": "Get an item."} for number in range(450)])
    published(shelf, folder)
    return folder


def read(site: Path, path: str) -> dict:
    return json.loads((site / path).read_bytes())


def files(site: Path) -> list[str]:
    """All files but the manifest, which is our own and published nowhere."""
    found = (path for path in site.rglob("*") if path.is_file() and OURS not in path.parts)
    return sorted(str(path.relative_to(site)) for path in found)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_file_of_the_api_is_as_its_description_says(site):
    _holds(site)


def test_a_site_of_few_files_has_a_description_of_its_own(ruleset, tmp_path):
    published(stocked(ruleset), tmp_path / "site", layout=SiteFormat.SINGLE)
    described = _holds(tmp_path / "site")
    assert "/api/v1/server/{shard}.json" in described["paths"]
    assert not any("{tool}" in path or "x-format" in item for path, item in described["paths"].items())


def _holds(site: Path) -> dict:
    """Hold every file of a site to its description, and return that."""
    described = read(site, urls.OPENAPI)
    validate(described)
    root = "urn:openapi"
    registry = Registry().with_resource(root, Resource.opaque(described))
    patterns = {}
    for path, item in described["paths"].items():
        shown = item["get"]["responses"]["200"]["content"]
        reference = next(iter(shown.values()))["schema"]["$ref"]
        places = {one["$ref"].rsplit("/", 1)[1] for one in item["get"].get("parameters", ())}
        assert places == set(re.findall(r"\{(\w+)\}", path))
        expression = re.sub(r"\\\{(\w+)\\\}", lambda place: _pattern(described, place[1]), re.escape(path.lstrip("/")))
        patterns[path] = (re.compile(expression), reference)
    used = set()
    for file in files(site):
        for path, (pattern, reference) in patterns.items():
            if pattern.fullmatch(file):
                schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": root + reference}
                checker = Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())
                faults = [
                    f"{fault.json_path}: {fault.message}"[:300] for fault in checker.iter_errors(read(site, file))
                ]
                assert not faults, (file, faults)
                used.add(path)
                break
        else:
            assert not file.startswith(("api/v1/tools/", "api/v1/policies/", "api/v1/files/", "api/v1/server")), file
    assert patterns.keys() - used == {"/api/v1/servers/{page}.json", "/api/v1/changes/{page}.json"}  # one page each
    return described


def _pattern(described: dict, name: str) -> str:
    return described["components"]["parameters"][name]["schema"]["pattern"].strip("^$")


def test_the_index_leads_to_every_tool_and_every_policy(site):
    index = read(site, "api/v1/index.json")["api"]
    assert all((site / path).is_file() for path in index.values())
    tools = [tool for shard in read(site, index["tools"])["shards"] for tool in read(site, shard["path"])["tools"]]
    assert len(tools) == len({tool["page"] for tool in tools}) == 457
    for tool in tools:
        twin = read(site, tool["twin"])
        assert (twin["page"], twin["policy_file"], twin["verdict"]["category"]) == (
            tool["page"],
            tool["policy"],
            tool["category"],
        )
    policies = [
        one for shard in read(site, index["policies"])["shards"] for one in read(site, shard["path"])["policies"]
    ]
    assert {one["policy"] for one in policies} == {path for path in files(site) if path.endswith("/policy.json")}


def test_pages_of_a_list_lead_from_one_to_the_next(site):
    names, path = [], urls.twin(urls.server("large"))
    while path:
        page = read(site, path)
        names += [tool["name"] for tool in page["tools"]]
        path = page["next"]
    assert len(set(names)) == 450


def test_a_copy_is_kept_by_the_differences_of_the_lists(shelf, publish, tmp_path):
    site, copy = tmp_path / "site", tmp_path / "copy"
    publish(shelf)
    assert _follow(site, copy) == len(files(site))
    shelf.add("io.github.acme/other", [*DEFINITIONS[:1], {"name": "new_tool", "description": "List new things."}])
    publish(shelf)
    assert 0 < _follow(site, copy) < len(files(site)) / 2
    theirs = {path: sha256(site / path) for path in files(site)}
    assert {path: sha256(copy / path) for path in files(copy)} == theirs


def _follow(site: Path, copy: Path) -> int:
    """Make `copy` what the lists of `site` say, reading nothing else; return how many files that took."""
    index = urls.index_of(urls.API_FILES)
    there = read(copy, index)["shards"] if (copy / index).exists() else []
    old = {file["path"]: file["sha256"] for shard in there for file in read(copy, shard["path"])["files"]}
    shards = read(site, index)["shards"]
    new = {file["path"]: file["sha256"] for shard in shards for file in read(site, shard["path"])["files"]}
    new |= {shard["path"]: shard["sha256"] for shard in shards} | {index: ""}
    wanted = [path for path, digest in new.items() if old.get(path) != digest]
    for path in wanted:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes((site / path).read_bytes())
    for path in old.keys() - new.keys():
        (copy / path).unlink()
    return len(wanted)


def test_dumps_are_what_export_writes(engine, ruleset, tmp_path):
    lines = [json.dumps({"server": f"acme/{n}", **definition}) for n in range(3) for definition in DEFINITIONS]
    (tmp_path / "tools.jsonl").write_text("\n".join([*lines, lines[0].replace("Permanently", "Quickly")]))
    import_file(engine, tmp_path / "tools.jsonl", lambda *_: None)
    classify_new(engine, ruleset, lambda *_: None)
    export(engine, ruleset, tmp_path / "export", lambda *_: None)
    publish_database(engine, ruleset, tmp_path / "site", base_url=None, report=lambda *_: None)
    index = read(tmp_path / "site", urls.index_of(urls.DUMPS))
    for kind in ("servers", "tools"):
        dumped = b"".join(gzip.decompress((tmp_path / "site" / file["path"]).read_bytes()) for file in index[kind])
        assert dumped == (tmp_path / "export" / f"{kind}.jsonl").read_bytes()
    again = import_file(engine, tmp_path / "site" / index["tools"][0]["path"], lambda *_: None)
    assert again.tools == len(lines) + 1


def test_checksums_are_those_of_the_dumps(site):
    sums = dict(reversed(line.split("  ")) for line in (site / urls.CHECKSUMS).read_text().splitlines())
    index = read(site, urls.index_of(urls.DUMPS))
    listed = [file for kind in ("servers", "tools", "database") for file in index[kind]]
    assert {f"data/{name}" for name in sums} == {file["path"] for file in listed}
    for file in listed:
        digest = sha256(site / file["path"])
        assert digest == file["sha256"] == sums[file["path"].removeprefix("data/")]


def test_the_database_answers_in_sql(site):
    with closing(sqlite3.connect(f"file:{site / urls.DATABASE}?mode=ro&immutable=1", uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        query = (
            "SELECT servers.name, servers.grade, count(*) FROM tools JOIN servers ON tools.server = servers.page"
            " WHERE EXISTS (SELECT 1 FROM json_each(signals) WHERE value = 'filesystem') GROUP BY 1 ORDER BY 1"
        )
        assert database.execute(query).fetchall() == [
            ("io.github.acme/files", "D", 2),
            ("io.github.acme/other", "D", 2),
        ]
        assert database.execute("SELECT tools, grade FROM servers WHERE withdrawn").fetchall() == [(0, None)]


def test_two_builds_make_the_same_bytes_of_everything(shelf, publish, tmp_path):
    publish(shelf, tmp_path / "one")
    publish(shelf, tmp_path / "two")
    assert {path: sha256(tmp_path / "one" / path) for path in files(tmp_path / "one")} == {
        path: sha256(tmp_path / "two" / path) for path in files(tmp_path / "two")
    }


def test_a_change_of_one_server_leaves_the_shards_of_others_alone(shelf, publish, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "_SPLITS", ((10, 0), (64_000, 1)))
    names = [f"acme/{number}" for number in range(12)]
    for name in names:
        shelf.add(name, DEFINITIONS[1:2])
    publish(shelf)
    site = tmp_path / "site"
    before = {path: sha256(site / path) for path in files(site)}
    shelf.add(names[7], [{"name": "search_files", "description": "Search files by their names."}])
    publish(shelf)
    changed = {path for path in files(site) if before.get(path) != sha256(site / path)}
    shard = shard_of(urls.server(names[7]), 1)
    for folder in (urls.API_TOOLS, urls.SERVERS_DUMPS, urls.TOOLS_DUMPS):
        parts = {Path(path) for path in changed if path.startswith(f"{folder}/")} - {Path(urls.index_of(folder))}
        assert {part.name.partition(".")[0] for part in parts} <= {shard}, folder
        assert parts or folder == urls.SERVERS_DUMPS  # which says nothing of the tools' words
    assert len({path for path in before if path.startswith(f"{urls.TOOLS_DUMPS}/")}) > 5


@pytest.mark.parametrize(("tools", "digits"), [(0, 0), (4_000, 0), (4_001, 1), (64_001, 2), (5_000_000, 2)])
def test_shards_stay_of_bearable_size(tools, digits):
    assert shard_digits(tools) == digits
    assert re.fullmatch(r"all|[0-9a-f]{1,2}", shard_of(urls.server("\ud800"), digits))


def test_a_long_sitemap_is_cut_below_the_limit():
    pages = [f"server/{number}.html" for number in range(100_001)]
    parts = dict(sitemap("all", [*pages, "server/1.json", urls.NOT_FOUND], Site("https://x.example/", "", 0)))
    locations = {path: re.findall("<loc>https://x.example/(.*?)</loc>", text.decode()) for path, text in parts.items()}
    assert [len(found) for found in locations.values()] == [50_000, 50_000, 1]
    assert [page for found in locations.values() for page in found] == pages


def test_the_database_of_a_build_that_changed_little_is_that_of_a_first_one(shelf, publish, tmp_path):
    def both() -> tuple[bytes, bytes]:
        publish(shelf)
        publish(shelf, tmp_path / "fresh")
        found = (tmp_path / "site" / urls.DATABASE).read_bytes(), (tmp_path / "fresh" / urls.DATABASE).read_bytes()
        shutil.rmtree(tmp_path / "fresh")
        return found

    for number in range(60):
        shelf.add(f"server-{number:02}", [{"name": f"tool_{number}_{n}", "description": "x" * 90} for n in range(20)])
    publish(shelf)
    shelf.add("server-20", [{"name": "other"}])
    shelf.add("server-21b", [{"name": f"more_{n}"} for n in range(30)])
    shelf.remove("server-40")
    changed, fresh = both()
    assert changed == fresh
    (tmp_path / "site" / urls.DATABASE).write_bytes(fresh.replace(b"tool_1_1", b"tool_9_9"))
    shelf.add("server-20", [{"name": "another"}])
    changed, fresh = both()
    assert changed == fresh
