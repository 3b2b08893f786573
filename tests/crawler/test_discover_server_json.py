from __future__ import annotations

import copy
import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.records import Dropped, DropReason, Listing, ListingStatus, Need, Target, TargetKind, Transport
from crawler.spiders.record import Origin
from crawler.spiders.server_json import read_server

ORIGIN = Origin("official", "https://registry.example/v0.1/servers", datetime(2026, 11, 1, tzinfo=UTC))
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

MODERN = {
    "server": {
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": "io.example/weather",
        "title": "Weather",
        "description": "Forecasts and alerts.",
        "version": "1.2.3",
        "websiteUrl": "https://weather.example",
        "repository": {"url": "https://github.com/example/weather", "source": "github"},
        "packages": [
            {
                "registryType": "npm",
                "identifier": "@example/weather",
                "version": "1.2.3",
                "transport": {"type": "stdio"},
                "environmentVariables": [
                    {
                        "name": "WEATHER_KEY",
                        "description": "Your key",
                        "isRequired": True,
                        "isSecret": True,
                        "value": "k",
                    }
                ],
                "packageArguments": [
                    {"type": "named", "name": "--units", "default": "metric", "choices": ["metric", "imperial"]},
                    {"type": "positional", "valueHint": "city", "isRequired": True},
                ],
            },
            {"registryType": "oci", "identifier": "docker.io/example/weather:1.2.3", "transport": {"type": "stdio"}},
            {"registryType": "cargo", "identifier": "weather", "transport": {"type": "stdio"}},
        ],
        "remotes": [
            {
                "type": "streamable-http",
                "url": "https://{region}.weather.example/mcp",
                "headers": [{"name": "Authorization", "isSecret": True, "isRequired": True}],
                "variables": {"region": {"description": "Your region", "choices": ["eu", "us"]}},
            }
        ],
    },
    "_meta": {"io.modelcontextprotocol.registry/official": {"status": "active", "isLatest": True}},
}
BEFORE_JULY = {
    "id": "4e9cf4cf-71f6-4aca-bae8-2d10a29ca2e0",
    "name": "io.example/weather",
    "description": "Forecasts and alerts.",
    "repository": {"url": "https://github.com/example/weather", "source": "github", "id": "1"},
    "version_detail": {"version": "0.9.0", "release_date": "2025-05-16T18:56:49Z", "is_latest": True},
    "packages": [
        {
            "registry_name": "docker",
            "name": "example/weather",
            "version": "0.9.0",
            "environment_variables": [{"name": "WEATHER_KEY", "description": "Your key"}],
        }
    ],
    "remotes": [{"transport_type": "", "url": "https://weather.example/sse"}],
}
SNAKE_CASE = {
    "name": "io.example/weather",
    "description": "Forecasts and alerts.",
    "status": "deprecated",
    "version": "1.0.0",
    "website_url": "https://weather.example",
    "packages": [
        {
            "registry_type": "pypi",
            "identifier": "weather-mcp",
            "version": "1.0.0",
            "transport": {"type": "stdio"},
            "package_arguments": [{"type": "named", "name": "--city", "value": "Oslo", "is_required": True}],
        }
    ],
}


def listing(record: Any) -> Listing:
    found = read_server(record, ORIGIN)
    assert isinstance(found, Listing), found
    return found


def dropped(record: Any) -> Dropped:
    found = read_server(record, ORIGIN)
    assert isinstance(found, Dropped), found
    return found


def test_the_current_shape_keeps_every_field_and_the_record_itself():
    found = listing(MODERN)
    assert (found.name, found.title, found.version) == ("io.example/weather", "Weather", "1.2.3")
    assert found.website_url == "https://weather.example"
    assert found.repository_url == "https://github.com/example/weather"
    assert found.raw is MODERN
    assert found.status is ListingStatus.ACTIVE
    assert (found.source, found.fetched_from, found.fetched_at) == (
        ORIGIN.source,
        ORIGIN.fetched_from,
        ORIGIN.fetched_at,
    )


def test_the_targets_of_the_current_shape():
    remote, npm, image = listing(MODERN).targets
    assert (remote.kind, remote.transport) == (TargetKind.REMOTE, Transport.STREAMABLE_HTTP)
    assert remote.address == "https://{region}.weather.example/mcp"
    assert [(need.kind, need.name) for need in remote.needs] == [("header", "Authorization"), ("variable", "region")]
    assert npm == Target(
        TargetKind.NPM,
        Transport.STDIO,
        "@example/weather",
        "1.2.3",
        (
            Need("env", "WEATHER_KEY", "Your key", required=True, secret=True),
            Need("argument", "--units", default="metric", choices=("metric", "imperial")),
            Need("argument", "", "city", required=True),
        ),
    )
    assert (str(image), image.address) == ("oci:docker.io/example/weather@1.2.3", "docker.io/example/weather")


def test_the_shape_before_july_2025():
    found = listing(BEFORE_JULY)
    remote, image = found.targets
    assert found.version == "0.9.0"
    assert (remote.transport, remote.address) == (Transport.SSE, "https://weather.example/sse")
    assert (image.kind, image.address, image.version) == (TargetKind.OCI, "example/weather", "0.9.0")
    assert image.needs[0].name == "WEATHER_KEY"


def test_the_snake_case_shape():
    found = listing(SNAKE_CASE)
    assert (found.status, found.website_url) == (ListingStatus.DEPRECATED, "https://weather.example")
    assert found.targets[0].needs == (Need("argument", "--city", required=True, value="Oslo"),)


def test_a_deleted_record_is_a_listing_even_without_a_target():
    record = {"server": {"name": "io.example/gone"}, "_meta": {**MODERN["_meta"]}}
    record["_meta"] = {"io.modelcontextprotocol.registry/official": {"status": "deleted"}}
    assert listing(record).status is ListingStatus.DELETED


def test_an_older_version_of_a_server_is_dropped_as_such():
    record = copy.deepcopy(MODERN)
    record["_meta"]["io.modelcontextprotocol.registry/official"]["isLatest"] = False
    assert dropped(record).reason is DropReason.SUPERSEDED


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        ({"name": None}, DropReason.NO_NAME, "no name"),
        ({"name": "a\x00b"}, DropReason.NO_NAME, "control characters"),
        ({"name": "line\u2028break"}, DropReason.NO_NAME, "control characters"),
        ({"name": "\ud800"}, DropReason.NO_NAME, "control characters"),
        ({"name": "n" * 201}, DropReason.TOO_LARGE, "201 characters"),
        ({"packages": [], "remotes": []}, DropReason.NO_TARGET, "names none"),
        ({"packages": [{"registryType": "cargo", "identifier": "w"}], "remotes": []}, DropReason.NO_TARGET, "cargo w"),
        ({"packages": [], "remotes": [{"type": "sse", "url": "file:///etc/passwd"}]}, DropReason.NO_TARGET, "passwd"),
        ({"padding": "x" * (1 << 20)}, DropReason.TOO_LARGE, "characters of JSON"),
        ({"padding": float("inf")}, DropReason.TOO_LARGE, "JSON cannot carry"),
    ],
)
def test_what_becomes_no_listing_says_why(change, reason, words):
    drop = dropped({"server": {**MODERN["server"], **change}})
    assert drop.reason is reason
    assert words in drop.detail


def test_a_record_that_is_nested_too_deeply_is_dropped():
    nested: Any = {}
    for _ in range(990):
        nested = [nested]
    assert dropped({**SNAKE_CASE, "padding": nested}).reason is DropReason.TOO_LARGE
    assert dropped({"name": "n", "packages": [{"identifier": nested}]}).reason is DropReason.TOO_LARGE


def test_a_reason_is_one_line_whatever_it_quotes():
    drop = dropped({"name": "\x1b[31m\nname", "packages": []})
    assert drop.source_id == "\ufffd[31m\ufffdname"
    drop = dropped({"name": "n", "packages": [{"registryType": "cargo", "identifier": "\u202e\r\n" + "x" * 5000}]})
    assert drop.detail.isprintable()
    assert len(drop.detail) <= 200


@pytest.mark.parametrize("record", [None, 7, "text", [], True])
def test_a_record_that_is_no_object_is_dropped(record):
    assert dropped(record).reason is DropReason.NOT_AN_OBJECT


@pytest.mark.parametrize(
    "address",
    [
        "ftp://weather.example/mcp",
        "javascript:alert(1)",
        "https://user:secret@weather.example/mcp",
        "https:///mcp",
        "https://weather.example/a b",
        "https://weather.example\\@evil.example/",
        "http://[::1/mcp",
        "https://weather.example/" + "x" * 3000,
        "https://weather.example/\x1b[31m",
        7,
        None,
    ],
)
def test_an_address_that_is_no_web_address_is_no_remote(address):
    record = {"name": "io.example/odd", "remotes": [{"type": "streamable-http", "url": address}]}
    assert dropped(record).reason is DropReason.NO_TARGET


@pytest.mark.parametrize(
    ("kind", "identifier"),
    [
        ("npm", "--ignore-scripts=false"),
        ("npm", "../../etc"),
        ("npm", "user/repository"),
        ("npm", "name@npm:other"),
        ("npm", "n" * 215),
        ("pypi", "-r/etc/passwd"),
        ("pypi", "weather @ git+https://evil.example/x"),
        ("oci", "@scope/name"),
        ("oci", "--privileged"),
        ("nuget", "a b"),
        ("mcpb", "/tmp/bundle.mcpb"),
        ("npm", ["list"]),
    ],
)
def test_an_identifier_that_its_registry_cannot_have_is_no_package(kind, identifier):
    record = {"name": "io.example/odd", "packages": [{"registryType": kind, "identifier": identifier}]}
    assert dropped(record).reason is DropReason.NO_TARGET


@pytest.mark.parametrize("declared", ["latest", "^1.2.0", ">=1", "1.x", "*", "", None, 3, "-1; rm"])
def test_a_version_that_is_not_exact_means_the_newest(declared):
    record = {"name": "n", "packages": [{"registryType": "npm", "identifier": "weather", "version": declared}]}
    assert listing(record).targets[0].version is None


def test_a_bundles_checksum_is_kept_before_all_else_and_no_other_package_has_one():
    checksum = "AB" * 32
    package = {
        "identifier": "https://example.com/acme.mcpb", "fileSha256": checksum, "transport": {"type": "stdio"},
        "environmentVariables": [{"name": f"ACME_{number}"} for number in range(200)],
    }  # fmt: skip
    bundle = listing({"name": "n", "packages": [{"registryType": "mcpb", **package}]}).targets[0]
    assert bundle.needs[0] == Need("checksum", "SHA-256", required=True, value=checksum.lower())
    for kind, stated in (("oci", checksum), ("mcpb", "not a digest"), ("mcpb", 7)):
        identifier = "acme/peer" if kind == "oci" else package["identifier"]
        record = {"registryType": kind, **package, "identifier": identifier, "fileSha256": stated}
        assert listing({"name": "n", "packages": [record]}).targets[0].needs[0].kind == "env"


def test_an_image_is_pinned_by_its_digest_where_it_has_one():
    digest = "sha256:" + "a" * 64
    record = {"name": "n", "packages": [{"registryType": "oci", "identifier": f"host:5000/a/b:1@{digest}"}]}
    target = listing(record).targets[0]
    assert (target.address, target.version) == ("host:5000/a/b", digest)


def test_repeated_targets_are_one_and_their_number_is_bounded():
    remote = {"type": "sse", "url": "https://weather.example/sse"}
    assert len(listing({"name": "n", "remotes": [remote, remote]}).targets) == 1
    many = [{"type": "sse", "url": f"https://weather.example/{number}"} for number in range(5000)]
    assert len(listing({"name": "n", "remotes": many}).targets) == 100


def test_text_that_no_database_stores_is_mended_and_long_text_shortened():
    record = {**SNAKE_CASE, "description": "a\x00b\ud800c" + "d" * 10_000}
    description = listing(record).description
    assert description.startswith("a\ufffdb\ufffdc")
    assert len(description) == 4_000
    description.encode()


def test_the_digest_is_of_the_record_and_not_of_its_order():
    reordered = dict(reversed(SNAKE_CASE.items()))
    assert listing(reordered).digest == listing(SNAKE_CASE).digest
    assert listing({**SNAKE_CASE, "unknown": 1}).digest != listing(SNAKE_CASE).digest


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, member in members for place in _places(member, (*path, key)))]


@pytest.mark.parametrize("record", [MODERN, BEFORE_JULY, SNAKE_CASE])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_value_at_any_place_gives_a_listing_or_a_reason(record, data):
    place = data.draw(st.sampled_from(_places(record)[1:]))
    changed = copy.deepcopy(record)
    holder = changed
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = data.draw(JSON)
    assert isinstance(read_server(changed, ORIGIN), (Listing, Dropped))


def _seed(name: str) -> list[dict[str, Any]]:
    path = CORPUS / name
    if not path.exists():
        pytest.skip("the corpus is not here")
    with gzip.open(path) as stream:
        return json.load(stream)


@pytest.mark.parametrize(
    ("seed", "listings", "reasons"),
    [
        # 302 packages of the oldest seed are of registry "unknown", and seven of its records are empty
        ("registry_seed.json.gz", 150, {"no-usable-target": 314, "no-name": 7}),
        # seven images have names of npm packages, which no image registry can have
        ("registry_seed_2025-09.json.gz", 351, {"no-usable-target": 7}),
        ("registry_seed_2025-12.json.gz", 4, {}),
    ],
)
def test_real_records_of_every_shape_are_read(seed, listings, reasons):
    found = [read_server(record, ORIGIN) for record in _seed(seed)]
    assert sum(isinstance(result, Listing) for result in found) == listings
    assert Counter(drop.reason.value for drop in found if isinstance(drop, Dropped)) == reasons


def test_real_environment_variables_are_all_kept():
    records = [record for record in _seed("registry_seed_2025-09.json.gz") if record["packages"]]
    for record in records:
        found = read_server(record, ORIGIN)
        if isinstance(found, Listing):
            declared = Counter(
                variable["name"]
                for package in record["packages"]
                for variable in package.get("environment_variables", [])
            )
            kept = Counter(need.name for target in found.targets for need in target.needs if need.kind == "env")
            assert kept == declared
