from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from catalogue.errors import CatalogueError
from catalogue.site.files import staging, swap
from catalogue.site.files.manifest import Manifest, Part
from catalogue.site.files.output import Output, open_output
from catalogue.site.files.swap import MANIFEST


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def build(folder: Path, files: dict[str, str]) -> Output:
    with open_output(folder) as output:
        for path, text in files.items():
            output.put(path, text.encode())
        output.commit()
    return output


def write(folder: Path, files: dict[str, str]) -> list[str]:
    """Build a site of these files; return those that were touched."""
    before = snapshot(folder)
    output = build(folder, files)
    touched = [path for path, state in snapshot(folder).items() if path != MANIFEST and before.get(path) != state]
    assert len(touched) == output.written
    return touched


def test_only_what_differs_is_written_and_only_ours_is_deleted(tmp_path):
    out = tmp_path / "site"
    write(out, {"a.html": "1", "b/c.html": "2", "d/e/f.html": "3"})
    (out / "b" / "mine.txt").write_text("not yours")
    before = snapshot(out)
    assert write(out, {"a.html": "1", "g.html": "4"}) == ["g.html"]
    after = snapshot(out)
    assert set(after) == {"a.html", "g.html", "b/mine.txt", MANIFEST}
    assert after["a.html"] == before["a.html"]
    assert not (out / "d").exists()


def test_an_unchanged_site_is_not_touched_at_all(tmp_path):
    out = tmp_path / "site"
    write(out, {"a.html": "1"})
    before = snapshot(out)
    assert write(out, {"a.html": "1"}) == []
    assert snapshot(out) == before


def test_a_part_that_was_made_anew_with_the_same_outcome_is_kept_by_the_next_build(tmp_path):
    out = tmp_path / "site"

    def take(key: str) -> bool:
        """Build a site of one part; return whether it was there."""
        with open_output(out) as output:
            part = output.kept("part", key)
            stored = [output.staging.store("a.html", b"1", output.digests("part").get("a.html"))]
            output.take(part or Part("part", key, stored, {}))
            output.commit()
        return part is not None

    assert [take("old"), take("new")] == [False, False]
    before = snapshot(out)
    assert take("new")
    assert snapshot(out) == before


def test_a_build_that_fails_changes_nothing_and_leaves_nothing(tmp_path):
    out = tmp_path / "site"
    write(out, {"a.html": "1"})
    before = snapshot(tmp_path)
    with suppress(ZeroDivisionError), open_output(out) as output:
        output.put("a.html", b"2")
        output.put("b.html", b"3")
        raise ZeroDivisionError
    assert snapshot(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_full_disk_is_one_sentence_and_the_old_site_stays(tmp_path, monkeypatch):
    out = tmp_path / "site"
    write(out, {"a.html": "1"})
    before = snapshot(tmp_path)

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(staging, "_write", full)
    with pytest.raises(CatalogueError, match=r"Cannot write the site to .*site: No space left on device\."):
        write(out, {"a.html": "2"})
    monkeypatch.undo()
    assert snapshot(tmp_path) == before


def test_a_swap_that_was_killed_is_completed_by_the_next_build(tmp_path, monkeypatch):
    out = tmp_path / "site"
    write(out, {"a.html": "1", "b.html": "1", "old.html": "1"})
    moved = []

    def killed(*where):
        if moved:
            raise KeyboardInterrupt
        moved.append(where)
        original(*where)

    original = swap._move
    monkeypatch.setattr(swap, "_move", killed)
    with pytest.raises(KeyboardInterrupt):
        write(out, {"a.html": "2", "b.html": "2", "new.html": "2"})
    monkeypatch.undo()
    assert build(out, {"a.html": "2", "b.html": "2", "new.html": "2"}).written == 0
    write(out, {"a.html": "2", "b.html": "2", "new.html": "2"})
    contents = {name: content for name, (content, _) in snapshot(out).items() if name != MANIFEST}
    assert contents == {"a.html": b"2", "b.html": b"2", "new.html": b"2"}


def test_a_file_that_someone_else_cut_short_is_written_again(tmp_path):
    out = tmp_path / "site"
    write(out, {"a.html": "long", "b.html": "1"})
    (out / "a.html").write_text("")
    assert write(out, {"a.html": "long", "b.html": "1"}) == ["a.html"]


def test_foreign_folders_and_files_are_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CatalogueError, match=r"file is a file, and a folder was expected"):
        write(tmp_path / "file", {})
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("x")
    with pytest.raises(CatalogueError, match="not empty and not a site of ours"):
        write(tmp_path / "foreign", {"a": "b"})
    assert [path.name for path in (tmp_path / "foreign").iterdir()] == ["thesis.txt"]
    (tmp_path / "empty").mkdir()
    assert write(tmp_path / "empty", {"a": "b"}) == ["a"]


@pytest.mark.parametrize("manifest", [b"", b"[]", b'{"format":3}\n', b"SQLite format 3\0"])
def test_what_is_no_manifest_deletes_nothing(tmp_path, manifest):
    out = tmp_path / "site"
    (out / MANIFEST).parent.mkdir(parents=True)
    (out / MANIFEST).write_bytes(manifest)
    (out / "x").write_text("precious")
    with pytest.raises(CatalogueError, match="manifest"):
        write(out, {"a": "b"})
    assert (out / "x").read_text() == "precious"


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", ""])
def test_a_manifest_that_leads_out_of_the_folder_deletes_nothing(tmp_path, path):
    out = tmp_path / "site"
    write(out, {"old": "1"})
    with closing(sqlite3.connect(out / MANIFEST)) as database, database:
        database.execute("UPDATE parts SET paths = ?", (path,))
    (tmp_path / "x").write_text("precious")
    with pytest.raises(CatalogueError, match="manifest"):
        write(out, {"a": "b"})
    assert (tmp_path / "x").read_text() == "precious"


def test_two_files_of_one_path_are_refused(tmp_path):
    def twice() -> None:
        with open_output(tmp_path / "site") as output:
            output.put("a", b"1")
            output.put("a", b"2")
            output.commit()

    with pytest.raises(CatalogueError, match="Two files of the site would both be a"):
        twice()


def test_a_link_that_leads_nowhere_is_named_and_nothing_changes(tmp_path):
    def linked() -> None:
        with open_output(tmp_path / "site") as output:
            output.take(Part("b", "", [output.staging.store("b", b"2", None)], {"c": "b", "d": "b", "b": "b"}))
            output.commit()

    write(tmp_path / "site", {"a": "1"})
    before = snapshot(tmp_path)
    with pytest.raises(CatalogueError, match=r"broken links: b links to c; b links to d\.$"):
        linked()
    assert snapshot(tmp_path) == before


def test_a_link_to_a_place_that_a_page_has_not_is_broken_whichever_of_the_two_is_kept(tmp_path):
    def build(anchor: str, link: str) -> None:
        with open_output(tmp_path / "site") as output:
            for name, key, links, anchors in (("a", anchor, {}, [f"a#{anchor}"]), ("b", link, {f"a#{link}": "b"}, [])):
                files = [output.staging.store(name, b"", output.digests(name).get(name))]
                output.take(output.kept(name, key) or Part(name, key, files, links, anchors))
            output.commit()

    build("there", "there")
    for anchor, link in (("there", "gone"), ("gone", "there")):
        with pytest.raises(CatalogueError, match=rf"broken links: b links to a#{link}\.$"):
            build(anchor, link)
    build("moved", "moved")
    build("moved", "moved")


def test_the_manifest_has_the_digest_of_every_file(tmp_path):
    write(tmp_path / "site", {"a": "1"})
    digest = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    with closing(Manifest(tmp_path / "site" / MANIFEST)) as manifest:
        assert [part.digests() for part in manifest.parts()] == [{"a": digest}]


def killed_build(folder: Path, files: dict[str, str], stored: dict[str, str]) -> None:
    """What a build leaves that was killed after it took `files` and while it stored `stored`."""
    with suppress(KeyboardInterrupt), open_output(folder) as output:
        for path, text in files.items():
            output.put(path, text.encode())
        for path, text in stored.items():
            output.staging.store(path, text.encode(), None)
        raise KeyboardInterrupt


def test_what_a_killed_build_stored_is_taken_over_and_the_rest_is_dropped(tmp_path):
    out = tmp_path / "site"
    write(out, {"a": "1", "b": "1"})
    killed_build(out, {"a": "2"}, {"half": "2"})
    killed_build(out, {}, {"x/other": "2"})
    with open_output(out) as output:
        again = output.kept("a", "")
        assert [file.changed for file in again.files] == [True]
        output.take(again)
        output.put("b", b"1")
        output.commit()
    assert {name: content for name, (content, _) in snapshot(out).items() if name != MANIFEST} == {"a": b"2", "b": b"1"}
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_what_a_killed_build_stored_and_is_not_so_any_more_is_not_moved_in(tmp_path):
    out = tmp_path / "site"
    write(out, {"a": "1"})
    before = snapshot(out)
    killed_build(out, {"a": "2", "b": "2"}, {})
    assert write(out, {"a": "1"}) == []
    assert snapshot(out) == before


def test_two_builds_into_one_folder_do_not_mix(tmp_path):
    with open_output(tmp_path / "site") as output:
        output.put("a", b"1")
        with pytest.raises(CatalogueError, match="Another build is writing"):
            write(tmp_path / "site", {"b": "2"})
        output.commit()
    assert set(snapshot(tmp_path / "site")) == {"a", MANIFEST}


def build_parts(folder: Path, parts: dict[str, list[str]], *, careful: bool = False) -> list[str]:
    """Build a site of parts with files of these paths, which have no other content; return the parts that were made."""
    made = []
    with open_output(folder, careful=careful) as output:
        for name, paths in parts.items():
            part = output.kept(name, "same")
            if part is None:
                made.append(name)
                known = output.digests(name)
                part = Part(name, "same", [output.staging.store(path, b"1", known.get(path)) for path in paths], {})
            output.take(part)
        output.commit()
    return made


def test_a_file_that_went_missing_is_made_again_whatever_folder_it_was_in(tmp_path):
    out = tmp_path / "site"
    parts = {"root": ["a"], "near": ["b/c", "b/d"], "far": ["b/e/f/g"]}
    assert build_parts(out, parts) == [*parts]
    assert build_parts(out, parts) == []
    for name, path in (("root", "a"), ("near", "b/d"), ("far", "b/e/f/g")):
        (out / path).unlink()
        assert build_parts(out, parts) == [name]
        assert (out / path).read_text() == "1"
        assert build_parts(out, parts) == []


def test_a_copy_of_a_site_is_known_as_well(tmp_path):
    parts = {"one": ["a", "b/c"], "two": ["b/d"]}
    build_parts(tmp_path / "site", parts)
    shutil.copytree(tmp_path / "site", tmp_path / "copy")
    os.utime(tmp_path / "copy" / "b", (1, 1))
    assert build_parts(tmp_path / "copy", parts) == []


def test_a_file_that_was_written_over_is_found_by_whoever_reads_it(tmp_path):
    out = tmp_path / "site"
    parts = {"one": ["a", "b/c"], "two": ["b/d"]}
    build_parts(out, parts)
    (out / "b" / "c").write_text("2")
    assert build_parts(out, parts) == []
    assert build_parts(out, parts, careful=True) == ["one"]
    assert (out / "b" / "c").read_text() == "1"


def test_a_link_of_what_is_kept_to_what_is_gone_is_named(tmp_path):
    out = tmp_path / "site"

    def linking(with_target: bool) -> None:
        with open_output(out) as output:
            page = Part("a", "key", [output.staging.store("a", b"1", None)], {"b": "a"})
            output.take(output.kept("a", "key") or page)
            if with_target:
                output.put("b", b"1")
            output.commit()

    linking(True)
    before = snapshot(out)
    with pytest.raises(CatalogueError, match="broken links: a links to b"):
        linking(False)
    assert snapshot(out) == before


def test_a_file_of_a_new_part_that_a_kept_one_has_is_refused(tmp_path):
    out = tmp_path / "site"
    build_parts(out, {"one": ["a"]})
    with pytest.raises(CatalogueError, match="Two files of the site would both be a"):
        build_parts(out, {"one": ["a"], "two": ["a"]})


def test_what_was_noted_is_there_as_long_as_someone_asks(tmp_path):
    out = tmp_path / "site"

    def noted(*names: str) -> list[bytes | None]:
        with open_output(out) as output:
            found = [output.note(name) for name in names]
            output.keep("other", b"2")
            output.commit()
        return found

    with open_output(out) as output:
        output.put("a", b"1")
        output.keep("one", b"1")
        output.commit()
    assert noted("one") == [b"1"]
    assert noted() == []
    assert noted("one", "other") == [None, b"2"]
