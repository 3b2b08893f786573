from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from crawler.introspector import registries, runtimes
from crawler.records import ListingStatus
from crawler.spiders.npm import NpmSpider
from crawler.spiders.package_metadata import npm_details, pypi_details
from crawler.spiders.package_search import KEYWORDS
from crawler.spiders.pypi import PyPISpider
from tests.crawler.peers.sources import read, registry

NPM = {
    "@house/ledger": {"mcpName": "io.github.house/ledger", "repository": {"url": "git+https://git.example/l.git"}},
    "weather": {"bin": {"weather": "cli.js"}, "dependencies": {"@modelcontextprotocol/sdk": "^1.0.0"}},
    "client": {"dependencies": {"@modelcontextprotocol/sdk": "^1.0.0"}},
    "old": {"mcpName": "io.github.house/old", "deprecated": "Use something else."},
    "evil": {"version": "0.0.1-security", "description": "security holding package"},
    "odd": {"mcpName": "x", "bin": 7, "dependencies": [], "repository": 9, "version": {"a": 1}},
}
MORE = [f"tagged-{number}" for number in range(300)]


@pytest.fixture(autouse=True)
def _no_other_configuration(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.lower().startswith(("pip_", "uv_", "npm_config"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(NpmSpider, "pause", 0.0)
    monkeypatch.setattr(PyPISpider, "pause", 0.0)
    for cached in (registries.npm_access, registries.pypi_access):
        cached.cache_clear()
    yield
    for cached in (registries.npm_access, registries.pypi_access):
        cached.cache_clear()


def as_json(value, status=200):
    return status, {}, json.dumps(value).encode()


def npm_registry(path):
    query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    place = urlsplit(path).path.removeprefix("/npm")
    if place == "/-/v1/search":
        names = {"keywords:mcp": ["deep", *NPM, *MORE, 7], "keywords:mcp-server": ["weather", "gone", "../etc"]}
        found = names.get(query["text"], [])[int(query["from"]) : int(query["from"]) + int(query["size"])]
        objects = [{"package": {"name": name, "version": "1.0.0"}, "score": {}} for name in found]
        return as_json({"objects": objects, "total": len(names), "time": "now"})
    name = unquote(place).removesuffix("/latest").removeprefix("/")
    if name in NPM:
        return as_json({"name": name, "version": "1.2.3", "description": f"The {name}."} | NPM[name])
    if name == "deep":
        return 200, {}, b'{"name": "deep", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    return as_json({"name": name, "version": "0.1.0"}) if name in MORE else as_json({"error": "not found"}, 404)


@pytest.fixture
def npm(monkeypatch, tmp_path):
    if runtimes.npm() is None:
        pytest.skip("npm is not usable here")
    seen = []
    with registry(npm_registry, seen=seen) as address:
        place = address.removeprefix("http:")
        (tmp_path / "npmrc").write_text(f"registry={address}/npm/\n{place}/npm/:_authToken=of-the-house\n")
        monkeypatch.setenv("NPM_CONFIG_USERCONFIG", str(tmp_path / "npmrc"))
        yield address, seen


def test_npm_is_searched_where_npm_is_set_up_to_look(npm):
    address, seen = npm
    discovery, sink = read("npm", None)
    assert discovery.error is None
    servers = {listing.name: listing for listing in sink.listings if not listing.is_candidate}
    assert set(servers) == {"@house/ledger", "weather", "old", "evil", "odd"}
    assert str(servers["@house/ledger"].targets[0]) == "npm:@house/ledger@1.2.3"
    assert servers["@house/ledger"].repository_url == "https://git.example/l"
    assert servers["@house/ledger"].fetched_from == f"{address}/npm/@house%2Fledger/latest"
    assert servers["old"].status is ListingStatus.DEPRECATED
    assert servers["evil"].status is ListingStatus.DELETED
    assert discovery.candidates == 1 + len(MORE)
    assert discovery.dropped == {"no-name": 2, "unavailable": 1, "not-an-object": 1}
    assert {headers["Authorization"] for headers in seen} == {"Bearer of-the-house"}
    assert len(seen) == len(KEYWORDS) + 1 + len(["deep", *NPM, *MORE, "gone"])


def test_npm_is_asked_only_for_what_was_published_since(monkeypatch):
    dates = {"old": "2026-01-31T10:00:00.000Z", "weather": "2026-02-02T10:00:00.000Z", "client": "soon", "evil": 7}

    def answer(path):
        if "/-/v1/search" not in path:
            return npm_registry(path)
        return as_json({"objects": [{"package": {"name": name, "date": date}} for name, date in dates.items()]})

    with registry(answer) as address:
        access = registries.Access(indexes=(("", f"{address}/npm"),))
        monkeypatch.setattr(NpmSpider, "access", staticmethod(lambda: access))
        _, sink = read("npm", None, updated_since=datetime(2026, 2, 1, tzinfo=UTC))
    assert [listing.name for listing in sink.listings] == ["weather", "client", "evil"]


def test_npm_s_limit_bounds_what_is_asked(npm):
    _, seen = npm
    assert read("npm", None, limit=2)[0].listings == 2
    assert len(seen) == len(KEYWORDS) + 3


def test_a_package_that_is_refused_ends_the_pass_and_keeps_what_was_found(monkeypatch):
    def answer(path):
        return (429, {"Retry-After": "900"}, b"") if path == "/npm/weather/latest" else npm_registry(path)

    with registry(answer) as address:
        access = registries.Access(indexes=(("", f"{address}/npm"),))
        monkeypatch.setattr(NpmSpider, "access", staticmethod(lambda: access))
        discovery, sink = read("npm", None)
    assert [listing.name for listing in sink.listings] == ["@house/ledger"]
    assert "/npm/weather/latest answered HTTP 429" in str(discovery.error)


def test_npm_asks_for_the_names_of_a_file(npm, tmp_path):
    (tmp_path / "names").write_text("# ours\n@house/ledger  # the books\n\nweather\nweather\nclient\n/etc/passwd\n")
    discovery, sink = read("npm", str(tmp_path / "names"))
    assert [listing.name for listing in sink.listings] == ["@house/ledger", "weather", "client"]
    assert (discovery.candidates, discovery.dropped) == (1, {"no-name": 1})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {}, b"<html>"), "is not JSON"),
        (as_json({"objects": None}), ""),
        (as_json({"rows": []}), "holds no list of objects"),
        (as_json({}, 401), "is the key still valid"),
        ((302, {"Location": "https://elsewhere.example/"}, b""), "another origin"),
    ],
)
def test_a_search_that_goes_wrong_is_one_line(monkeypatch, answer, words):
    with registry(lambda _: answer) as address:
        access = registries.Access(indexes=(("", address),))
        monkeypatch.setattr(NpmSpider, "access", staticmethod(lambda: access))
        assert words in (read("npm", None)[0].error or "")


@pytest.mark.parametrize("source", ["npm", "pypi"])
def test_a_machine_that_is_set_up_for_no_registry_has_no_source(monkeypatch, source, tmp_path):
    (tmp_path / "names").write_text("a-server")
    for spider in (NpmSpider, PyPISpider):
        monkeypatch.setattr(spider, "access", registries.Access)
    assert "nothing on this machine is set up to use one" in str(read(source, str(tmp_path / "names"))[0].error)


def test_a_login_goes_to_its_registry_and_to_no_other(monkeypatch, tmp_path):
    (tmp_path / "names").write_text("@house/ledger\n@other/ledger\n")
    mine, others = [], []
    with (
        registry(lambda _: as_json({}, 404), seen=mine) as one,
        registry(lambda _: as_json({}, 404), seen=others) as two,
    ):
        with_login = one.replace("http://", "http://me:p%40ss@")
        access = registries.Access(indexes=(("", two), ("@house", with_login)))
        monkeypatch.setattr(NpmSpider, "access", staticmethod(lambda: access))
        discovery, sink = read("npm", str(tmp_path / "names"))
    assert discovery.dropped == {"unavailable": 2}
    assert mine[0]["Authorization"] == f"Basic {base64.b64encode(b'me:p@ss').decode()}"
    assert others[0]["Authorization"] is None
    assert not any("p@ss" in drop.detail or "p%40ss" in drop.source_id for drop in sink.drops)


def test_a_file_of_names_that_cannot_be_read_is_one_line(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert "No such file" in str(read("npm", str(tmp_path / "none"))[0].error)
    assert "not text" in str(read("pypi", str(tmp_path / "binary"))[0].error)


# PyPI

PYPI = {
    "a-ledger": {"description": "# Ledger\n<!-- mcp-name: io.github.house/ledger -->"},
    "weather_server": {"requires_dist": ["MCP[cli]>=1.0; python_version > '3.9'", "httpx"]},
    "a-library": {"requires_dist": ["httpx", "mcpserver-tools"], "description": "mcp-name: "},
    "yanked": {"requires_dist": ["fastmcp"], "yanked": True},
}


def pypi_index(path):
    name = urlsplit(path).path.removeprefix("/root/pypi/").removesuffix("/json")
    if name not in PYPI:
        return as_json({"message": "Not Found"}, 404)
    urls = {"Homepage": "https://house.example", "Source": f"https://github.com/house/{name}"}
    info = {"name": name, "version": "2.0", "summary": f"The {name}.", "project_urls": urls}
    return as_json({"info": info | PYPI[name], "last_serial": 7, "urls": []})


@pytest.fixture
def pypi(monkeypatch):
    with registry(pypi_index) as address:
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"{address}/root/simple/")
        yield address


def test_pypi_is_asked_for_the_names_of_a_file_where_uv_is_set_up_to_look(pypi, tmp_path):
    (tmp_path / "names").write_text("\n".join([*PYPI, "no-such-thing", "--index-url=x"]))
    discovery, sink = read("pypi", str(tmp_path / "names"))
    assert discovery.error is None
    servers = {listing.name: listing for listing in sink.listings if not listing.is_candidate}
    assert set(servers) == {"a-ledger", "weather_server", "yanked"}
    assert str(servers["a-ledger"].targets[0]) == "pypi:a-ledger@2.0"
    assert servers["a-ledger"].repository_url == "https://github.com/house/a-ledger"
    assert servers["yanked"].status is ListingStatus.DEPRECATED
    assert discovery.dropped == {"unavailable": 1, "no-name": 1}


def test_what_another_source_calls_a_server_is_one(pypi):
    discovery, sink = read("pypi", None, names=("a-library", "no-such-thing"))
    assert discovery.error is None
    assert [str(target) for listing in sink.listings for target in listing.targets] == ["pypi:a-library@2.0"]
    assert discovery.dropped == {"unavailable": 1}


def test_pip_s_index_is_taken_where_uv_has_none(monkeypatch, tmp_path):
    (tmp_path / "names").write_text("a-ledger")
    with registry(pypi_index) as address:
        monkeypatch.setenv("PIP_INDEX_URL", f"{address}/root/simple")
        assert read("pypi", str(tmp_path / "names"))[0].listings == 1


def test_pypi_without_names_has_nothing_to_ask():
    assert read("pypi", None)[0].listings == 0


@pytest.mark.parametrize("metadata", [{}, {"info": None}, {"info": {"description": 7, "requires_dist": [7, ""]}}])
def test_metadata_of_another_shape_says_nothing(metadata):
    assert not pypi_details(metadata)["is_server"]
    assert not npm_details(metadata)["is_server"]


def test_a_private_address_of_the_configuration_is_asked_only_when_that_is_allowed(pypi, tmp_path):
    (tmp_path / "names").write_text("a-ledger")
    discovery, _ = read("pypi", str(tmp_path / "names"), allow_private=False)
    assert "--allow-private" in str(discovery.error)
