from __future__ import annotations

import json
import time
from urllib.parse import urlsplit

import pytest

from crawler.records import ListingStatus, Need, SourceError, TargetKind, Transport, Validator
from crawler.spiders.yaml_text import read_yaml
from tests.crawler.peers.sources import read, registry

CATALOGUE = """
version: 3
name: house-mcp
displayName: House Catalogue
registry:
  ledger:
    description: Keeps the books.
    title: Ledger
    type: server
    dateAdded: 2026-02-03
    image: house/ledger@sha256:{digest}
    toolsUrl: http://{place}/tools/ledger.json
    source: https://github.com/house/ledger/tree/main
    upstream: https://github.com/house/ledger
    tools:
      - name: post_entry
      - name: list_entries
    secrets:
      - name: ledger.token
        env: LEDGER_TOKEN
        example: <TOKEN>
    env:
      - name: LEDGER_URL
        value: '{{{{ledger.url}}}}'
      - name: LEDGER_MODE
        value: plain
    command:
      - --transport=stdio
      - --user={{{{ledger.user}}}}
    remote: {{}}
    metadata:
      license: MIT License
  weather:
    title: Weather
    type: remote
    remote:
      transport_type: streamable-http
      url: https://weather.example/mcp
      headers:
        Authorization: Bearer ${{WEATHER_KEY}}
    toolsUrl: http://{place}/tools/weather.json
  elsewhere:
    image: house/elsewhere:1.2
    toolsUrl: https://other.example/tools.json
  both:
    image: house/both
    remote: {{transport_type: sse, url: "https://both.example/sse"}}
    toolsUrl: http://{place}/tools/broken.json
  nothing: {{type: poci, tools: [{{name: only_a_name}}]}}
  text: no object
  7: {{image: "-v/etc:/etc"}}
"""
TOOLS = [
    {
        "name": "post_entry",
        "description": "Post an entry.",
        "arguments": [
            {"name": "amount", "type": "number", "desc": "In cents.", "optional": False},
            {"name": "note", "type": "string", "desc": "Words.", "optional": True},
        ],
        "annotations": {"destructiveHint": False},
    },
    {"name": "list_entries", "description": "List entries.", "inputSchema": {"type": "object"}},
    {"name": "only_a_name"},
    "no tool",
    {"description": "has no name"},
]


def docker(path, place="registry"):
    match urlsplit(path).path:
        case "/catalog.yaml":
            return 200, {"ETag": '"1"'}, CATALOGUE.format(place=place, digest="0" * 64).encode()
        case "/tools/ledger.json":
            return 200, {}, json.dumps(TOOLS).encode()
        case "/tools/broken.json":
            return 200, {}, b"<html>"
    return 404, {}, b""


def read_docker():
    with registry(lambda path: docker(path, place)) as address:
        place = urlsplit(address).netloc
        return *read("docker", f"{address}/catalog.yaml"), place


def test_a_docker_catalogue_gives_images_remotes_and_declared_tools():
    discovery, sink, place = read_docker()
    assert discovery.error is None
    assert discovery.label == f"docker:{place}/catalog.yaml"
    servers = {listing.name: listing for listing in sink.listings}
    assert set(servers) == {"ledger", "weather", "elsewhere", "both"}
    ledger = servers["ledger"]
    assert str(ledger.targets[0]) == f"oci:house/ledger@sha256:{'0' * 64}"
    assert ledger.targets[0].needs == (
        Need("env", "LEDGER_TOKEN", required=True, secret=True),
        Need("env", "LEDGER_URL", "{{ledger.url}}", required=True),
        Need("env", "LEDGER_MODE", value="plain"),
        Need("argument", "", value="--transport=stdio"),
        Need("argument", "", "--user={{ledger.user}}", required=True),
    )
    assert (ledger.title, ledger.repository_url) == ("Ledger", "https://github.com/house/ledger")
    assert ledger.raw["dateAdded"] == "2026-02-03"
    weather = servers["weather"].targets[0]
    assert (weather.kind, weather.transport) == (TargetKind.REMOTE, Transport.STREAMABLE_HTTP)
    assert weather.needs == (Need("header", "Authorization", required=True, secret=True),)
    assert [str(target) for target in servers["both"].targets] == ["oci:house/both", "https://both.example/sse"]


def test_the_tools_of_a_docker_catalogue_are_spelled_as_mcp_spells_them_and_names_alone_are_none():
    _, sink, _ = read_docker()
    tools = {listing.name: listing.tools for listing in sink.listings}
    assert [tool["name"] for tool in tools["ledger"]] == ["post_entry", "list_entries"]
    assert tools["ledger"][0] == {
        "name": "post_entry",
        "description": "Post an entry.",
        "annotations": {"destructiveHint": False},
        "inputSchema": {
            "type": "object",
            "properties": {
                "amount": {"type": "number", "description": "In cents."},
                "note": {"type": "string", "description": "Words."},
            },
            "required": ["amount"],
        },
    }
    assert tools["weather"] == tools["elsewhere"] == tools["both"] == ()


def test_what_is_no_server_of_a_docker_catalogue_costs_only_itself():
    discovery, sink, _ = read_docker()
    assert discovery.dropped == {"no-usable-target": 2, "not-an-object": 1}
    assert [drop.source_id for drop in sink.drops] == ["nothing", "text", "7"]


def test_a_tools_file_that_is_refused_ends_the_pass_and_keeps_what_was_found():
    def answer(path):
        return (429, {"Retry-After": "900"}, b"") if path == "/tools/weather.json" else docker(path, place)

    with registry(answer) as address:
        place = urlsplit(address).netloc
        discovery, sink = read("docker", f"{address}/catalog.yaml")
    assert {listing.name for listing in sink.listings} == {"elsewhere", "ledger"}
    assert "/tools/weather.json answered HTTP 429" in str(discovery.error)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"registry: [", "is not YAML"),
        (b"\xff\xfe\xff", "is not YAML"),
        (b"servers: {}", "has no registry"),
        (b"- 1", "has no registry"),
        (b"a: &a [x, x]\nb: [*a, *a]\nregistry: {}", "it has aliases"),
        (b"registry: !!python/object/apply:os.system [id]", "it has the tag"),
        (b"registry: {a: !!binary aGk=}", "it has the tag"),
        (b"registry: " + b"[" * 500 + b"]" * 500, "nested too deeply"),
        (b"registry: {a: " + b"9" * 5000 + b"}", "is not YAML"),
    ],
)
def test_a_catalogue_that_cannot_be_read_is_one_line(body, words):
    with registry(lambda _: (200, {}, body)) as address:
        discovery, sink = read("docker", address)
    assert words in str(discovery.error)
    assert "\n" not in str(discovery.error)
    assert sink.listings == []


def test_a_billion_laughs_cost_nothing():
    laughs = "a0: &a0 ha\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    started = time.monotonic()
    with pytest.raises(SourceError, match="it has aliases"):
        read_yaml(laughs.encode(), "it")
    assert time.monotonic() - started < 1


def test_dates_and_odd_keys_of_yaml_are_text():
    assert read_yaml(b"2026-01-01: {true: 2026-01-01T00:00:00Z, <<: {a: 1}}", "it") == {
        "2026-01-01": {"True": "2026-01-01T00:00:00Z", "<<": {"a": 1}}
    }


# ToolHive


def upstream(*servers):
    document = {"$schema": "https://schema.example", "version": "1.0.0", "meta": {}, "data": {"servers": [*servers]}}
    return json.dumps(document).encode()


def hive(name="io.github.house/ledger", image="ghcr.io/house/ledger:2.0.0", **words):
    return {
        "name": name,
        "description": "Keeps the books.",
        "version": "1.0.0",
        "packages": [{"registryType": "oci", "identifier": image, "transport": {"type": "stdio"}}],
        "_meta": {"io.modelcontextprotocol.registry/publisher-provided": {"io.github.stacklok": {image: words}}},
    }


def test_a_toolhive_catalogue_declares_the_definitions_of_its_records():
    definition = {"name": "post_entry", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": False}}
    records = (
        hive(tool_definitions=[definition, {"name": "bare"}, 7], tools=["post_entry", "other"], tier="Community"),
        hive("io.github.house/names", "ghcr.io/house/names:1", tools=["a", "b"]),
        hive("io.github.house/odd", "ghcr.io/house/odd:1", tool_definitions={"name": "no list"}),
        {"name": "io.github.house/nothing"},
        None,
    )
    with registry(lambda _: (200, {}, upstream(*records))) as address:
        discovery, sink = read("toolhive", address)
    assert discovery.error is None
    assert [listing.tools for listing in sink.listings] == [(definition,), (), ()]
    assert str(sink.listings[0].targets[0]) == "oci:ghcr.io/house/ledger@2.0.0"
    assert discovery.dropped == {"no-usable-target": 1, "not-an-object": 1}


@pytest.mark.parametrize("body", [b"{}", b'{"data": {}}', b'{"data": {"servers": {}}}', b"[]", b"oops"])
def test_a_toolhive_catalogue_of_another_shape_is_one_line(body):
    with registry(lambda _: (200, {}, body)) as address:
        assert "expected a" in str(read("toolhive", address)[0].error)


# Awesome lists

LIST = """
# Servers for the house [![badge](https://badge.example/a.svg)](https://awesome.example)

- [Frameworks](#frameworks)
- not a link
<!-- - [hidden](https://hidden.example) -->

## Books
- [house/ledger](https://github.com/house/ledger) 📇 [![score](https://b.example/s)](https://b.example) - Does books.
* **[Weather](https://weather.example/about)** – Tells the weather. Tools: `get_weather`, `delete_weather`.
  - [house/ledger](https://github.com/house/ledger) - again
- [evil](javascript:alert(1)) - no
- [user](https://me:pw@host.example/) - has a login
- [\u202eabc](https://bidi.example) - kept as it is
"""


def test_an_awesome_list_gives_its_links_as_candidates_and_no_tools():
    with registry(lambda _: (200, {}, LIST.encode())) as address:
        discovery, sink = read("awesome", address)
    assert discovery.error is None
    assert (discovery.listings, discovery.candidates) == (0, 3)
    assert all(listing.is_candidate and not listing.tools for listing in sink.listings)
    ledger, weather, _ = sink.listings
    assert (ledger.name, ledger.source_id) == ("house/ledger", "https://github.com/house/ledger")
    assert (ledger.repository_url, ledger.website_url) == ("https://github.com/house/ledger", None)
    assert ledger.description.endswith("Does books.")
    assert weather.website_url == "https://weather.example/about"
    assert discovery.dropped == {"duplicate-name": 1, "no-usable-target": 1}


def test_a_hostile_list_is_read_in_linear_time():
    lines = ["- [" * 200_000, "- [a](https://" + "x" * 200_000, "- [a](https://a.example)" + "[](" * 100_000]
    started = time.monotonic()
    with registry(lambda _: (200, {}, "\n".join(lines).encode())) as address:
        discovery, _ = read("awesome", address)
    assert discovery.candidates == 1
    assert time.monotonic() - started < 3


# What all documents have in common


def test_a_document_that_did_not_change_is_not_sent_again():
    seen = []
    changed = "Sat, 03 Jan 2026 00:00:00 GMT"

    def answer(_):
        if len(seen) > 1:
            return 304, {}, b""
        return 200, {"ETag": 'W/"7"', "Last-Modified": changed}, upstream(hive())

    with registry(answer, seen=seen) as address:
        first, _ = read("toolhive", address)
        again, sink = read("toolhive", address, known=first.validator)
    assert first.validator == again.validator == Validator('W/"7"', changed)
    assert (seen[1]["If-None-Match"], seen[1]["If-Modified-Since"]) == ('W/"7"', changed)
    assert (first.unchanged, again.unchanged, again.error, sink.listings) == (False, True, None, [])


def test_a_source_that_says_unchanged_without_being_asked_is_in_error():
    with registry(lambda _: (304, {}, b"")) as address:
        assert "answered HTTP 304" in str(read("toolhive", address)[0].error)


@pytest.mark.parametrize("etag", ["x" * 5000, "é"])
def test_an_etag_that_cannot_be_sent_back_is_not_kept(etag):
    with registry(lambda _: (200, {"ETag": etag}, upstream(hive()))) as address:
        assert read("toolhive", address)[0].validator is None


def test_a_deleted_record_of_a_catalogue_keeps_its_status():
    record = hive() | {"status": "deleted"}
    with registry(lambda _: (200, {}, upstream(record))) as address:
        assert read("toolhive", address)[1].listings[0].status is ListingStatus.DELETED
