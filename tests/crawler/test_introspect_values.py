"""The parts that work on text alone: JSON, event streams, details, made-up values, registry settings."""

from __future__ import annotations

import time

import pytest

from crawler.introspector import dummies, registries
from crawler.introspector.budget import Stopped, one_line
from crawler.introspector.event_stream import Event, EventStream
from crawler.introspector.last_words import telling_line
from crawler.introspector.stdio import exit_status
from crawler.introspector.wire import NotJson, RemoteError, TooDeepError, answer_of, decode, fault_of, reply_to
from crawler.records import Need


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a":1}x', b"nan"])
def test_what_is_no_json_is_refused_with_a_reason(raw):
    with pytest.raises(ValueError, match=r"\w"):
        decode(raw)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5_000])
def test_numbers_that_json_has_not_are_marked_in_their_place(text):
    value = decode(f'{{"good": 1, "bad": [{text}]}}'.encode())
    assert value["good"] == 1
    assert isinstance(value["bad"][0], NotJson)
    assert "not a JSON number" in str(fault_of(value, 10))


def test_an_object_that_says_a_key_twice_is_marked_in_its_place_in_linear_time():
    value = decode(b'{"good": {"a": 1, "b": 2}, "bad": [{"a": 1, "a": 2}]}')
    assert value["good"] == {"a": 1, "b": 2}
    assert fault_of(value, 10) == 'says "a" twice in one object'
    began = time.perf_counter()
    many = ",".join(f'"k{number}":1' for number in range(100_000))
    assert decode(f'{{{many},"k99999":2}}'.encode()) == NotJson('says "k99999" twice in one object')
    assert time.perf_counter() - began < 3


def test_what_is_nested_beyond_reading_is_told_from_what_is_no_json():
    with pytest.raises(TooDeepError):
        decode(b"[" * 100_000)
    with pytest.raises(ValueError, match=r"Expecting") as caught:
        decode(b"[" * 10)
    assert not isinstance(caught.value, TooDeepError)


def test_a_server_that_asks_hears_that_we_are_there_and_nothing_of_ours():
    assert reply_to({"id": 7, "method": "ping"}) == {"jsonrpc": "2.0", "id": 7, "result": {}}
    for method in ("roots/list", "sampling/createMessage", "elicitation/create", "tools/call"):
        reply = reply_to({"id": "a", "method": method, "params": {"x": 1}})
        assert reply == {"jsonrpc": "2.0", "id": "a", "error": {"code": -32601, "message": "Method not found"}}
    for other in ({"method": "ping"}, {"id": 1}, {"id": [], "method": "ping"}, {"id": "x" * 300, "method": "ping"}, []):
        assert reply_to(other) is None


def test_nesting_and_half_characters_are_faults_and_plain_values_are_none():
    assert fault_of({"a": [{"b": "\ud800"}]}, 10) == "holds half of a surrogate pair, which no text can carry"
    assert fault_of({"\ud800": 1}, 10)
    assert fault_of([[[1]]], 2) == "nested more than 2 levels deep"
    assert fault_of([[[1]]], 3) is None
    assert fault_of({"text": "naïve 😀 \x00"}, 2) is None


def test_an_answer_is_for_the_question_with_its_very_id():
    assert answer_of({"id": 1, "result": {"a": 1}}, 1) == {"a": 1}
    for other in (
        {"id": "1", "result": {}},
        {"id": True, "result": {}},
        {"id": 1, "method": "x"},
        [],
        None,
        {"result": {}},
    ):
        assert answer_of(other, 1) is None
    with pytest.raises(RemoteError):
        answer_of({"id": None, "error": {"code": -32600, "message": "what?"}}, 1)
    with pytest.raises(Stopped):
        answer_of({"id": 1, "result": []}, 1)


STREAM = b": note\r\nevent: endpoint\r\ndata: /post\r\n\r\ndata: a\rdata: b\r\rid: 3\n\ndata:c\ndata\n\ndata: lost"
EVENTS = [Event("endpoint", b"/post"), Event("message", b"a\nb"), Event("message", b"c\n")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_event_streams_are_read_alike_however_they_are_cut(size):
    stream = EventStream(1_000)
    chunks = [STREAM[place : place + size] for place in range(0, len(STREAM), size)]
    assert [event for chunk in chunks for event in stream.feed(chunk)] == EVENTS


def test_a_long_line_in_small_pieces_takes_linear_time():
    def seconds(pieces: int) -> float:
        stream = EventStream(10_000_000)
        began = time.perf_counter()
        for _ in range(pieces):
            list(stream.feed(b"data: x"))
        return time.perf_counter() - began

    assert seconds(400_000) < 20 * max(seconds(50_000), 0.01)


def test_an_event_over_the_limit_ends_the_session():
    stream = EventStream(100)
    with pytest.raises(Stopped):
        list(stream.feed(b"data: x\n" * 20))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07text\r\nnext", "red text next"),
        ("a\u202eb\u200bc\x00d\ud800e", "a b c d e"),
        ("soft\u00adhyphen, tag\U000e0041, mark\u061c", "soft hyphen, tag , mark"),
        ("cannot open /home/u/.config/x.json: no", "cannot open (path): no"),
        ("GET https://example.com/usr/x failed", "GET https://example.com/usr/x failed"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_a_detail_is_one_plain_line(text, expected):
    assert one_line(text) == expected


def test_the_last_line_that_says_something_is_quoted():
    trace = "Error: no token\n    at main (x.js:1)\n  }\n}\n\nNode.js v20.1.0\n"
    assert telling_line(trace) == "Error: no token"
    assert telling_line("Traceback:\n  File x\nImportError: no Server\n") == "ImportError: no Server"
    assert telling_line("") == ""
    assert exit_status(-9) == "was ended by SIGKILL"
    assert exit_status(-99) == "was ended by signal 99"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("/Users/me/Desktop", "/home/u/data"),
        ("C:\\Users\\me\\notes", "/home/u/data"),
        ("~/db/test.sqlite", "/home/u/data/test.sqlite"),
        ("--db-path=/var/lib/x.db", "--db-path=/home/u/data/x.db"),
        ("${workspaceFolder}/src", "/home/u/data"),
        ("/root/.kube/config", "/home/u/.kube/config"),
        ("/tmp", "/tmp"),
        ("--read-only", "--read-only"),
        ("https://example.com/a", "https://example.com/a"),
        ("stdio", "stdio"),
    ],
)
def test_paths_of_somebodys_machine_are_put_into_the_box(given, expected):
    assert dummies.mapped(given) == expected


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        (Need("env", "MODE", choices=("fast", "slow")), "fast"),
        (Need("env", "MODE", default="slow"), "slow"),
        (Need("env", "X", format="number"), "1"),
        (Need("env", "X", format="boolean"), "false"),
        (Need("env", "API_BASE_URL"), "https://example.invalid"),
        (Need("env", "DATABASE_URL"), "postgresql://u:u@127.0.0.1:5432/db"),
        (Need("env", "VAULT_DIR"), "/home/u/data"),
        (Need("env", "MAX_RESULTS"), "1000"),
        (Need("env", "ACME_KEY", description="starts with 'acme_'"), "acme_" + "0" * 36),
        (Need("env", "USER_EMAIL"), "user@example.invalid"),
        (Need("env", "FAVOURITE"), "dummy"),
        (Need("env", "SERVICE_ACCOUNT_PATH"), "/home/u/credentials.json"),
        (Need("env", "DRIVE_FOLDER_ID"), "1000"),
        (Need("env", "ACCOUNT"), "dummy"),
        (Need("env", "DISCOUNT"), "dummy"),
        (Need("env", "MYSQL_DB"), "dummy"),
        (Need("env", "MYSQL_URL"), "mysql://u:u@127.0.0.1:3306/db"),
        (Need("env", "NEO4J_URI"), "bolt://127.0.0.1:7687"),
        (Need("env", "SQLITE_DB_PATH"), "/home/u/data/file.db"),
        (Need("env", "TRANSPORT", choices=("sse", "stdio")), "stdio"),
        (Need("env", "ACME_ENVIRONMENT"), "production"),
        (Need("env", "IMPORTANT"), "dummy"),
        (Need("env", "HTTP_PORT"), "8080"),
        (Need("env", "ROLE_ARN"), "arn:aws:iam::000000000000:role/dummy"),
        (Need("env", "ENABLE_CACHE"), "false"),
        (Need("env", "READ_ONLY"), "false"),
        (Need("env", "AZURE_TENANT_ID"), "00000000-0000-4000-8000-000000000000"),
        (Need("env", "GITHUB_PERSONAL_ACCESS_TOKEN"), "ghp_" + "0" * 36),
        (Need("env", "LINEAR_SCALE"), "dummy"),
        (Need("env", "START_DATE"), "2026-01-01"),
        (Need("argument", "--databaseUrl"), "postgresql://u:u@127.0.0.1:5432/db"),
        (Need("argument", "--allowed-dirs"), "/home/u/data"),
        (Need("argument", "", "URL of your site"), "example.invalid"),
        (Need("argument", "", "a port to listen on"), "8080"),
        (Need("argument", "", "connection-string"), "postgresql://u:u@127.0.0.1:5432/db"),
        (Need("env", "X", format="uuid"), "00000000-0000-4000-8000-000000000000"),
    ],
)
def test_made_up_values_have_the_shape_that_is_asked_for(need, expected):
    assert dummies.value_for(need) == expected


def test_arguments_are_passed_as_declared_and_made_up_only_when_filled():
    needs = [
        Need("argument", "--root", value="/Users/x"),
        Need("argument", "", "a folder", required=True),
        Need("env", "A"),
    ]
    assert dummies.arguments(needs, filled=False) == ["--root", "/home/u/data"]
    assert dummies.arguments(needs, filled=True) == ["--root", "/home/u/data", "/home/u/data"]
    optional = [Need("argument", "--level", default="3"), Need("argument", "--mode", choices=("a",))]
    assert dummies.arguments(optional, filled=True) == []
    variables = [Need("env", "A"), Need("env", "B", required=True), Need("env", "C", value="stdio"),
                 Need("env", "D", value="https://{site}/x")]  # fmt: skip
    assert dummies.variables(variables, filled=False) == {"C": "stdio"}
    assert dummies.variables(variables, filled=True) == {"B": "dummy", "C": "stdio"}


def test_pips_settings_are_said_in_uvs_words(tmp_path, monkeypatch):
    for name in [name for name in registries.os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    folder = tmp_path / "index" / "simple"
    folder.mkdir(parents=True)
    (tmp_path / "pip.conf").write_text(
        f"[global]\nindex-url = https://user:word@packages.invalid/simple\nextra-index-url =\n  file://{folder}\n"
        "  https://more.invalid/simple\n[install]\nfind-links = /nowhere\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_TRUSTED_HOST", "packages.invalid")
    registries.pypi_access.cache_clear()
    access = registries.pypi_access()
    registries.pypi_access.cache_clear()
    assert access.environment["UV_DEFAULT_INDEX"] == "https://user:word@packages.invalid/simple"
    assert access.environment["UV_INDEX"] == f"file://{folder} https://more.invalid/simple"
    assert access.environment["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert access.environment["UV_INSECURE_HOST"] == "packages.invalid"
    assert access.readable == {str(folder.parent): str(folder.parent)}


def test_uvs_own_indexes_win_over_pips(tmp_path, monkeypatch):
    (tmp_path / "uv").mkdir()
    (tmp_path / "uv" / "uv.toml").write_text(
        '[[index]]\nname = "own"\nurl = "https://own.invalid/simple"\n'
        '[[index]]\nurl = "https://all.invalid/"\ndefault = true\n'
    )
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.invalid/simple")
    registries.pypi_access.cache_clear()
    environment = registries.pypi_access().environment
    registries.pypi_access.cache_clear()
    assert environment["UV_INDEX"] == "own=https://own.invalid/simple"
    assert environment["UV_DEFAULT_INDEX"] == "https://all.invalid/"
    assert "pip.invalid" not in str(environment)
