from __future__ import annotations

import ipaddress
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.policies.guards.files import TRAVERSAL
from catalogue.policies.guards.guard import Guard, Subject
from catalogue.policies.guards.table import guards
from catalogue.policies.guards.urls import ODD_HOST, OTHER_SCHEME, PRIVATE_HOST
from catalogue.policies.patterns import found
from catalogue.policies.placeholders import NOTHING
from classifier.verdict import Category

CLIMBING = [
    "..",
    "../etc/passwd",
    "a/..",
    "a/../b",
    "/srv/../etc",
    r"..\windows",
    r"a\..\b",
    "%2e%2e/x",
    "a%2F..%2fb",
    "a/%2E./b",
    r"a%5C..%5cb",
]
STAYING = ["", ".", "a", "/etc/passwd", "./a", "a..b", "...", "a/...", "v1..v2/x", "..a", "a.../b", ".../b", "%2e%2ea"]

WEB = [
    "https://example.com/",
    "HTTPS://EXAMPLE.COM",
    "http://example.com:8080/a?b=c#d",
    "https://1.1.1.1/",
    "http://8.8.8.8:53",
    "https://172.32.0.1/",
    "https://100.128.0.1",
    "https://169.254.com/",
    "https://10.example.com",
    "https://local.example.com",
    "https://internal.io",
    "https://homes.com",
    "https://xn--bcher-kva.de/",
    "https://example.com/@user/a%20b",
    "https://example.com/?next=http://localhost/",
    "//cdn.example.com/x",
    "example.com",
    "example.com:8080/x",
    "docs/readme.md",
    r"C:\Users\me",
    "/tmp/x",
    "git@github.com:owner/name.git",
    "",
]
OTHER_SCHEMES = [
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    " file:///x",
    "\u00a0file:///x",
    "\x00file:///x",
    "ftp://example.com",
    "gopher://example.com",
    "data:text/html,x",
    "javascript:alert(1)",
    "view-source:http://example.com",
    "jar:http://example.com!/",
    "http2://example.com",
    "httpx://x",
    "ht://x",
    "htt://x",
    "https+unix://x",
]
ODD_HOSTS = [
    "http://me@127.0.0.1/",
    "http://example.com@127.0.0.1/",
    "http://example.com\\@127.0.0.1/",
    "http://127.0.0.1%2f",
    "http://%31%32%37.0.0.1",
    "http://１２７.0.0.1",
    "http://ⓛocalhost",
    "http://127。0。0。1",
    "http://[::1]/",
    "http://[::ffff:169.254.169.254]/",
    "ht\ttp://127.0.0.1",
    "http://127.0.0.1\n",
    "http://exa\nmple.com",
    r"\\server\share",
]
PRIVATE_HOSTS = [
    "http://localhost",
    "http://LOCALHOST:80/",
    "http://localhost./",
    "http://a.localhost",
    "http://127.1",
    "http://2130706433/",
    "http://0x7f000001",
    "http://0177.0.0.1/",
    "http://0x7f.1",
    "http://127.0.0.1./",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
    "http://metadata/",
    "http://168.63.129.16/",
    "http://100.100.100.200/",
    "http://0/",
    "http:127.0.0.1",
    "http:/127.0.0.1",
    "http:///127.0.0.1",
    r"http:\\127.0.0.1",
    "//127.0.0.1/",
    "localhost:3000",
    "localhost",
    "127.0.0.1:80",
    "user:p@169.254.169.254/x",
    "metadata.google.internal/x",
    "http://printer.local",
    "http://x.home.arpa",
    "http://postgres:5432/",
]


def web(url: str) -> bool:
    return not any(found(pattern, url) for pattern in (OTHER_SCHEME, ODD_HOST, PRIVATE_HOST))


@pytest.mark.parametrize("path", CLIMBING)
def test_a_path_that_climbs_is_seen(path: str) -> None:
    assert found(TRAVERSAL, path)


@pytest.mark.parametrize("path", STAYING)
def test_a_path_that_stays_is_left_alone(path: str) -> None:
    assert not found(TRAVERSAL, path)


@pytest.mark.parametrize("url", WEB)
def test_ordinary_values_pass_all_url_rules(url: str) -> None:
    assert web(url)


@pytest.mark.parametrize(
    ("pattern", "url"),
    [(OTHER_SCHEME, url) for url in OTHER_SCHEMES]
    + [(ODD_HOST, url) for url in ODD_HOSTS]
    + [(PRIVATE_HOST, url) for url in PRIVATE_HOSTS],
)
def test_the_rule_meant_for_a_url_sees_it(pattern: str, url: str) -> None:
    assert found(pattern, url)


schemes = st.text(string.ascii_letters + string.digits + "+-", min_size=2, max_size=7).filter(
    lambda text: text[0] in string.ascii_letters
)


@given(schemes | st.sampled_from(["http", "https", "HtTpS", "htt", "httpss", "htp", "xhttp"]))
def test_every_scheme_but_http_and_https_is_another_one(scheme: str) -> None:
    assert found(OTHER_SCHEME, f"{scheme}://example.com/") == (scheme.lower() not in ("http", "https"))


UNDECIDED = ["192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "192.88.99.0/24", "168.63.129.16/32"]
"""Nobody is at the documentation addresses, Python's releases differ on the protocol ones, and one is Azure's."""


@given(st.ip_addresses(v=4))
def test_exactly_the_public_addresses_pass(address: ipaddress.IPv4Address) -> None:
    if any(address in ipaddress.ip_network(network) for network in UNDECIDED):
        return
    public = address.is_global and not address.is_multicast
    assert web(f"http://{address}/") == public


@given(st.sampled_from(["127.0.0.0/8", "10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"]), st.data())
def test_no_spelling_of_a_private_address_passes(network: str, data: st.DataObject) -> None:
    address = data.draw(st.ip_addresses(network=network))
    a, b, c, d = (int(part) for part in str(address).split("."))
    number = int(address)
    spellings = [str(number), hex(number), f"0{number:o}", f"{a}.{(b << 16) + (c << 8) + d}", f"{a}.{b}.{(c << 8) + d}"]
    spellings += [f"0{a:o}.{b}.{c}.{d}", f"{a:#x}.{b:#x}.{c:#x}.{d:#x}", f"{a}.{b}.{c}.0{d:o}", f"{a}.{b}.{c}.{d}."]
    spellings += [f"[::ffff:{address}]", f"me@{address}"]
    for spelling in spellings:
        assert not web(f"http://{spelling}:80/x"), spelling


@pytest.mark.parametrize("pattern", [TRAVERSAL, OTHER_SCHEME, ODD_HOST, PRIVATE_HOST])
def test_the_patterns_mean_the_same_in_python(pattern: str) -> None:
    for text in CLIMBING + STAYING + WEB + OTHER_SCHEMES + ODD_HOSTS + PRIVATE_HOSTS:
        if not text.endswith("\n"):  # Python's $ also matches before it
            assert bool(re.search(pattern, text)) == found(pattern, text), text


def guarded(definition: Any, verdict: Any) -> tuple[Guard, ...]:
    """The guards of a tool that only reads: they need nobody to fill anything in."""
    return guards(Subject("t", definition, verdict, reads=True, narrowed=False, full=True, filling=NOTHING))


TEXT = {"type": "string"}
PROPERTIES: dict[str, Any] = {
    "path": TEXT,
    "maybe": {"anyOf": [TEXT, {"type": "null"}]},
    "nullable": {"type": ["string", "null"]},
    "paths": {"type": "array", "items": TEXT},
    "files": {"type": "array", "items": {"$ref": "#/$defs/File"}},
    "either": {"anyOf": [TEXT, {"type": "array", "items": TEXT}]},
    "untyped": {},
    "number": {"type": "number"},
    "numbers": {"type": "array", "items": {"type": "number"}},
    "fixed": {"enum": ["a", "b"], "type": "string"},
    "dotted.name": TEXT,
    "dotted.object": {"type": "object", "properties": {"path": TEXT}},
    "brackets[]": {"type": "object", "properties": {"path": TEXT}},
    "a/b~c": TEXT,
}
DEFINITION = {
    "inputSchema": {
        "type": "object",
        "properties": PROPERTIES,
        "$defs": {"File": {"type": "object", "properties": {"path": TEXT}}},
    }
}


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("properties/path", "args.path"),
        ("properties/path/description", "args.path"),
        ("properties/maybe", "args.maybe"),
        ("properties/maybe/anyOf/0/type", "args.maybe"),
        ("properties/nullable", "args.nullable"),
        ("properties/paths", "args.paths[]"),
        ("properties/paths/items", "args.paths[]"),
        ("$defs/File/properties/path", "args.files[].path"),
        ("properties/a~1b~0c", "args.a/b~c"),
        ("properties/either", None),
        ("properties/untyped", None),
        ("properties/number", None),
        ("properties/numbers", None),
        ("properties/fixed", None),
        ("properties/dotted.name", None),
        ("properties/dotted.object/properties/path", None),
        ("properties/brackets[]/properties/path", None),
        ("properties/nowhere", None),
        ("", None),
    ],
)
def test_a_parameter_gets_a_rule_only_where_it_takes_text(pointer: str, path: str | None, verdict_of: Any) -> None:
    found = guarded(DEFINITION, verdict_of(Category.READ, {"filesystem": [f"/inputSchema/{pointer}"]}))
    assert [denial.conditions[0].path for guard in found for denial in guard.deny_if] == ([path] if path else [])


def test_what_cannot_be_ruled_is_said(verdict_of: Any) -> None:
    pointers = [f"/inputSchema/properties/{name}" for name in ("either", "dotted.name", "fixed")]
    gaps = guarded(DEFINITION, verdict_of(Category.READ, {"network": pointers}))
    assert [(re.findall('"(.*)"', gap.reason), gap.deny_if) for gap in gaps] == [
        (["either"], ()),
        (["dotted.name"], ()),
    ]


@pytest.mark.parametrize("pointer", ["/name", "/description", "", "/inputSchema", "/inputSchema/properties", "x", "//"])
def test_evidence_outside_the_parameters_makes_no_rule(pointer: str, verdict_of: Any) -> None:
    assert guarded(DEFINITION, verdict_of(Category.READ, {"network": [pointer]})) == ()


@pytest.mark.parametrize(
    "schema",
    [None, [], "x", {}, {"properties": []}, {"properties": {"path": None}}, {"properties": {"path": {"anyOf": 5}}}]
    + [{"properties": {"path": {"type": "array", "items": items}}} for items in ([], 5, True)],
)
def test_a_schema_of_any_shape_is_read(schema: object, verdict_of: Any) -> None:
    verdict = verdict_of(Category.READ, {"filesystem": ["/inputSchema/properties/path"]})
    assert not any(guard.deny_if for guard in guarded({"inputSchema": schema}, verdict))
