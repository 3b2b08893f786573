from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalogue.classification import classify_new
from catalogue.errors import CatalogueError
from catalogue.intake import import_file
from catalogue.site import urls
from catalogue.site.building.build import publish
from tests.site.shelf import DEFINITIONS


def quiet(*_: object) -> None:
    pass


@pytest.fixture
def filled(engine, tmp_path):
    lines = [json.dumps({"server": "acme/files", **definition}) for definition in DEFINITIONS]
    file = tmp_path / "tools.jsonl"
    file.write_text("\n".join(lines))
    import_file(engine, file, quiet)
    return engine


def test_what_was_imported_and_judged_is_published(filled, ruleset, tmp_path):
    classify_new(filled, ruleset, quiet)
    progress: list[tuple[str, int, int | None]] = []
    summary = publish(filled, ruleset, tmp_path / "site", base_url=None, report=lambda *step: progress.append(step))
    assert (summary.servers, summary.tools) == (1, len(DEFINITIONS))
    assert progress[-1][0] == "moving the site in"
    twin = json.loads((tmp_path / "site" / urls.twin(urls.tool("acme/files", "delete_file"))).read_bytes())
    assert twin["standing"] == "declared"
    assert twin["definition"] == DEFINITIONS[0]
    again = publish(filled, ruleset, tmp_path / "site", base_url=None, report=quiet)
    assert (again.written, again.removed) == (0, 0)


def test_what_became_of_a_server_is_in_its_own_feed(filled, ruleset, tmp_path):
    def build() -> dict[str, list[dict]]:
        classify_new(filled, ruleset, quiet)
        publish(filled, ruleset, tmp_path / "site", base_url=None, report=quiet)
        paths = [urls.server_feed("acme/files"), urls.server_feed("acme/quiet"), urls.CHANGES_FEED]
        return {path: json.loads((tmp_path / "site" / path).read_bytes())["items"] for path in paths}

    saved = tmp_path / "saved.jsonl"
    saved.write_text(json.dumps({"server": "acme/quiet", **DEFINITIONS[1]}))
    import_file(filled, saved, quiet)
    assert not any(build().values())
    saved.write_text(json.dumps({"server": "acme/files", **DEFINITIONS[1], "description": "Delete files by name."}))
    import_file(filled, saved, quiet)
    mine, other, every = build().values()
    assert [item["tags"] for item in mine] == [["effect"]]
    assert mine[0]["title"].startswith("acme/files search_files: read became destructive")
    assert mine[0]["url"].endswith(urls.tool("acme/files", "search_files"))
    assert other == []
    assert [item["id"] for item in every] == [item["id"] for item in mine]


def test_publish_asks_for_verdicts_first(filled, ruleset, tmp_path):
    with pytest.raises(CatalogueError, match="5 of 5 tools have no verdict") as caught:
        publish(filled, ruleset, tmp_path / "site", base_url=None, report=quiet)
    assert caught.value.tip == "run `catalogue classify` first"
    assert not Path(tmp_path, "site").exists()


@pytest.mark.parametrize(
    "base", ["ftp://x", "https://", "x", "https://x/?a", "https://x/#a", 'https://x/"', "https://x/ y"]
)
def test_a_base_address_is_checked(engine, ruleset, tmp_path, base):
    with pytest.raises(CatalogueError, match="is not an http or https address"):
        publish(engine, ruleset, tmp_path / "site", base_url=base, report=quiet)
