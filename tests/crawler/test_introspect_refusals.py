"""What processes say when they give up: the line that is quoted, what kind it is, and what it asks for."""

from __future__ import annotations

import html
import json
import time

import pytest

from crawler.introspector import install_log, last_words, refusals, simple_index
from crawler.records import Need, Reason, Target, TargetKind, Transport

LACKING = [
    "Error: ACME_TOKEN is required",
    "ACME_API_KEY environment variable is not set.",
    "Error: No access token was provided.",
    "Missing required environment variable: ACME_URL",
    "Invalid environment variables",
    "Invalid number of arguments",
    "error: the following arguments are required: transport",
    "OAuth keys file not found. Please place acme-keys.json in the current directory",
    "Please provide an access token with the --token flag or set ACME_TOKEN",
    "ValueError: ACME_AGENT must be set",
    "Fatal: API key not provided",
    "Authentication credentials are required.",
    "KeyError: 'ACME_TOKEN'",
    "acme.auth.DefaultCredentialsError: Your default credentials were not found.",
    "botoish.NoCredentialsError: Unable to locate credentials",
    "Error: Could not find a configuration file",
    "Error: Cannot read config: ENOENT: no such file, open 'config.json'",
    "You must specify at least one allowed directory",
    "You need to set ACME_HOME before starting",
    "error: required option '--url <url>' not specified",
    "error: missing required argument 'connection-string'",
    "Error: Missing option '--project'.",
    "Usage: acme-server <database-url>",
    "1 validation error for Settings: acme_token Field required",
    "ZodError: ACME_TOKEN Required",
    "Error: Not authenticated. Run `acme login` first",
    "You are not logged in",
    "Please log in with `acme auth login`",
    "Error: Invalid API key format",
    "acme: authentication failed: 401",
    "Error: 401 Unauthorized",
    "ACME_URL must be a valid URL",
    "ACME_MODE must be one of: fast, slow",
    "Error: no connection string was given",
    "Config error: acme.url is missing",
    "Access token expired",
    "No projects configured",
    "Error: Project ID cannot be empty",
    "Failed to load credentials from keyring",
    "AssertionError: ACME_KEY not defined",
    "Error: expected at least 1 argument",
]

BROKEN = [
    "ModuleNotFoundError: No module named 'acme.credentials'",
    "ImportError: cannot import name 'TokenVerifier' from 'acme'",
    "Error: Cannot find module 'dotenv'",
    "TypeError: main() missing 1 required positional argument: 'config'",
    "SyntaxError: missing ) after argument list",
    "TypeError: Cannot read properties of undefined (reading 'map')",
    "Error: Missing dependency: the native addon was not built",
    "Segmentation fault",
    "ended with exit code 1 and said nothing",
    "AssertionError",
    "requires that the moon be full",
    "Server running on stdio",
    'TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument must be of type string. Received undefined',
]


@pytest.mark.parametrize("line", LACKING)
def test_a_line_that_says_what_is_lacking_is_known(line):
    assert last_words.lacks(line)


@pytest.mark.parametrize("line", BROKEN)
def test_what_is_broken_lacks_nothing(line):
    assert not last_words.lacks(line)


@pytest.mark.parametrize(
    "line",
    [
        "Error: getaddrinfo EAI_AGAIN api.acme.invalid",
        "TypeError: fetch failed",
        "httpx.ConnectError: [Errno -3] Temporary failure in name resolution",
        "connect ECONNREFUSED 127.0.0.1:5432",
        "Failed to connect to the acme socket",
        "requests.exceptions.ConnectionError: HTTPSConnectionPool: Max retries exceeded",
    ],
)
def test_a_line_that_says_what_cannot_be_reached_is_known(line):
    assert last_words.wants_network(line)


def test_a_line_of_an_interpreter_that_is_too_old_is_known():
    assert last_words.wants_newer_runtime("acme requires Node.js 22 or later")
    assert last_words.wants_newer_runtime("ImportError: cannot import name 'override' from 'typing'")
    assert not last_words.wants_newer_runtime("TypeError: acme.start is not a function")


NODE_TRACE = """file:///app/x.js:12
    throw new Error('No access token was provided')
          ^

Error: No access token was provided
    at main (x.js:1)
  }
}

Node.js v20.1.0
"""
PYTHON_TRACE = """Traceback (most recent call last):
  File "/app/x.py", line 3, in <module>
    main()
ImportError: no Server
"""
CHAINED = """Traceback (most recent call last):
  File "x.py", line 3, in <module>
KeyError: 'ACME_TOKEN'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "x.py", line 7, in <module>
RuntimeError: ACME_TOKEN is not set
"""
ZOD_FORMAT = """Invalid environment variables {
  _errors: [],
  ACME_PROJECT_ID: { _errors: [ 'Required' ] }
}
"""
ZOD_ISSUES = """ZodError: [
  {
    "code": "invalid_type",
    "path": [
      "ACME_TOKEN"
    ],
    "message": "Token is needed"
  }
]
"""
PYDANTIC = """pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings
acme_token
  Field required [type=missing, input_value={}, input_type=dict]
    For further information visit https://errors.invalid/missing
"""
BANNER = """\x1b[33m2026-01-01 WARN no cache configured, using memory\x1b[0m
Error: the widget factory exploded
Usage: acme [options]
  --help   show this help
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NODE_TRACE, "Error: No access token was provided"),
        (PYTHON_TRACE, "ImportError: no Server"),
        (CHAINED, "RuntimeError: ACME_TOKEN is not set"),
        (ZOD_FORMAT, "Invalid environment variables: ACME_PROJECT_ID Required"),
        (ZOD_ISSUES, "ZodError: ACME_TOKEN Token is needed"),
        (
            PYDANTIC,
            "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings acme_token Field required",
        ),
        (BANNER, "Error: the widget factory exploded"),
        ("Missing required settings:\n  - ACME_URL\n", "Missing required settings: - ACME_URL"),
        ("starting\nlistening\n", "listening"),
        ("_errors: [\n]\n", ""),
        ("", ""),
    ],
)
def test_the_line_that_says_most_is_quoted(text, expected):
    assert last_words.telling_line(text) == expected


def test_a_flood_of_last_words_is_read_in_no_time():
    began = time.perf_counter()
    for text in ("a" * 20_000, "required " * 2_000, "A_" * 10_000, "no " * 7_000, "x\n" * 10_000, "one of a|" * 2_000):
        last_words.telling_line(text)
        refusals.asked_for(text, {"ACME_TOKEN": "dummy"})
        refusals.rejected(text, {"ACME_TOKEN": "dummy"})
        install_log.uv_failure(text, PACKAGE)
        install_log.npm_failure(text, PACKAGE)
        install_log.npm_misfit(text, PACKAGE)
    assert time.perf_counter() - began < 5


USAGE = """Error: No access token was provided.

Usage: acme-server --access-token=<token> [--host=<host>]
Options:
  --access-token   a token (or ACME_ACCESS_TOKEN)
  --host           the host (or ACME_HOST)
Environment variables:
  ACME_ACCESS_TOKEN  a token
  ACME_HOST          optional: the host
"""
LIST = """Missing required environment variables:
  - ACME_URL
  - ACME_API_KEY
Optional environment variables:
  - ACME_TIMEOUT
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Error [ERR_SETTINGS]: please set ACME_API_KEY and ACME_TEAM_ID (not SOMETHING)",
         {"ACME_API_KEY", "ACME_TEAM_ID"}),
        (LIST, {"ACME_URL", "ACME_API_KEY"}),
        (USAGE, set()),
        ("KeyError: 'TOKEN'", {"TOKEN"}),
        (ZOD_FORMAT, {"ACME_PROJECT_ID"}),
        (ZOD_ISSUES, {"ACME_TOKEN"}),
        (PYDANTIC, {"ACME_TOKEN"}),
        ("ACME_CACHE_DIR=/tmp/x\nlistening", set()),
        ("Please pass the key with --api-key=KEY or set ACME_API_KEY", {"ACME_API_KEY"}),
        ("Please give a token: it must be passed with --access-token", {"--access-token"}),
        ("error: required option '-u, --url <url>' not specified", {"--url"}),
        ("Missing required arguments: token, site", {"--token", "--site"}),
        ("acme: error: the following arguments are required: -k/--key, path", {"--key", "path"}),
    ],
)  # fmt: skip
def test_only_what_a_refusal_names_as_missing_is_asked_for(text, names):
    assert {need.name or need.description for need in refusals.asked_for(text, {})} == names


@pytest.mark.parametrize(
    ("line", "choices"),
    [
        ("ACME_ENVIRONMENT must be one of: sandbox, production", ("sandbox", "production")),
        ("Invalid environment: dummy. Valid: sandbox, production", ("sandbox", "production")),
        ("Invalid value dummy for environment (allowed values: 'eu' or 'us')", ("eu", "us")),
        ("Input should be 'sandbox' or 'production'", ("sandbox", "production")),
        ("Invalid enum value. Expected 'sandbox' | 'production', received 'dummy'", ("sandbox", "production")),
        ("argument: invalid choice: 'dummy' (choose from 'a', 'b', 'c')", ("a", "b", "c")),
        ("'dummy' is not one of 'a', 'b'.", ("a", "b")),
        ('Invalid option: expected one of "eu"|"us"; got dummy', ("eu", "us")),
    ],
)
def test_accepted_values_are_taken_from_the_message(line, choices):
    text = f"1 validation error\nACME_ENVIRONMENT\n  {line}\n" if line.startswith("Input") else line
    (need,) = refusals.asked_for(text, {"ACME_ENVIRONMENT": "dummy", "ACME_KEY": "0000"})
    assert (need.name, need.choices) == ("ACME_ENVIRONMENT", choices)


def test_a_kind_of_value_is_taken_from_the_message():
    (need,) = refusals.asked_for("ACME_PLACE must be a valid URL", {"ACME_PLACE": "dummy"})
    assert (need.name, need.format) == ("ACME_PLACE", "url")


def test_arguments_are_asked_for_with_the_choices_of_the_usage():
    said = "usage: acme [-h] {sse,stdio}\nacme: error: the following arguments are required: transport"
    assert refusals.asked_for(said, {}) == (
        Need("argument", "", "transport", required=True, choices=("sse", "stdio")),
    )  # fmt: skip


def test_a_value_that_was_not_taken_is_told_from_others():
    tried = {"ACME_HOST": "example.invalid", "ACME_TOKEN": "0" * 36}
    assert refusals.rejected("Error: ACME_HOST must not contain a dot", tried) == {"ACME_HOST"}
    assert refusals.rejected("Invalid host: example.invalid", tried) == {"ACME_HOST"}
    assert refusals.rejected("listening on example.invalid", tried) == set()


PACKAGE = Target(TargetKind.PYPI, Transport.STDIO, "acme_mcp", "9")
UV = "  × No solution found when resolving dependencies:\n  ╰─▶ Because "


@pytest.mark.parametrize(
    ("said", "reason", "detail"),
    [
        (f"{UV}acme-mcp was not found in the package registry and\n      you require acme-mcp, we can conclude",
         Reason.NOT_FOUND, "no package of this name"),
        (f"{UV}there is no version of acme-mcp==9 and you require acme-mcp==9", Reason.NOT_FOUND, "no version 9"),
        (f"{UV}other was not found in the package registry and acme-mcp depends on other, we can",
         Reason.INSTALL_FAILED, "other was not found"),
        (f"{UV}the current Python version (3.11.2) does\n      not satisfy Python>=3.12,<3.14 and all versions",
         Reason.NO_RUNTIME, "it asks for Python >=3.12,<3.14, and this machine has 3.11.2"),
        (f"{UV}thing>=5 has no wheels with a matching platform tag (e.g., `x`)", Reason.INSTALL_FAILED,
         "thing has wheels for other platforms only"),
        (f"{UV}thing>=5 has no wheels with a matching Python ABI tag (e.g., `x`)", Reason.NO_RUNTIME,
         "thing has wheels for other versions of Python only"),
        ("error: Failed to fetch\n  Caused by: error sending request for url", Reason.UNREACHABLE, "the registry"),
        ("", Reason.INSTALL_FAILED, "said nothing"),
    ],
)  # fmt: skip
def test_uvs_words_are_told_apart(said, reason, detail):
    stopped = install_log.uv_failure(said, PACKAGE)
    assert stopped.reason is reason
    assert detail in str(stopped)


NPM = Target(TargetKind.NPM, Transport.STDIO, "@acme/mcp", "9.9.9")


@pytest.mark.parametrize(
    ("said", "reason", "detail"),
    [
        ("npm warn old\nnpm error code E404\nnpm error 404 Not Found - GET x\nnpm error 404\n"
         "npm error 404  '@acme/mcp@*' is not in this registry.", Reason.NOT_FOUND, "no package of this name"),
        ("npm error code E404\nnpm error 404  'other@1' is not in this registry.", Reason.INSTALL_FAILED, "other@1"),
        ("npm error code ETARGET\nnpm error notarget No matching version found for @acme/mcp@9.9.9.",
         Reason.NOT_FOUND, "no version 9.9.9"),
        ("npm error code ETARGET\nnpm error notarget No matching version found for other@6.1.",
         Reason.INSTALL_FAILED, "No matching version found for other@6.1."),
        ("npm error code ECONNREFUSED\nnpm error FetchError: request failed", Reason.UNREACHABLE, "the registry"),
        ("", Reason.INSTALL_FAILED, "said nothing"),
    ],
)  # fmt: skip
def test_npms_words_are_told_apart(said, reason, detail):
    stopped = install_log.npm_failure(said, NPM)
    assert stopped.reason is reason
    assert detail in str(stopped)


@pytest.mark.parametrize("form", ["html", "json"])
@pytest.mark.parametrize(
    ("files", "reason", "detail"),
    [
        ([("x-1.tar.gz", "", None)], Reason.INSTALL_FAILED, "x is published without a wheel"),
        ([], Reason.INSTALL_FAILED, "x is published without a wheel"),
        ([("x-1-py3-none-any.whl", "", "use y"), ("x-1.tar.gz", "", None)], Reason.INSTALL_FAILED,
         'its author has withdrawn all versions of x: "use y"'),
        ([("x-1-py3-none-any.whl", ">=3.99", None)], Reason.NO_RUNTIME, "x asks for Python >=3.99"),
        ([("x-1-py3-none-any.whl", "<3", ""), ("x-1-cp39-none-any.whl", ">=3", None), ("x-1-w-win32.whl", "", None)],
         Reason.INSTALL_FAILED, "x has wheels for other platforms or versions of Python only"),
    ],
)  # fmt: skip
def test_a_registrys_page_says_why_there_is_no_wheel(form, files, reason, detail):
    if form == "json":
        page = {"files": [{"filename": name, "requires-python": python, "yanked": why if why is not None else False}
                          for name, python, why in files]}  # fmt: skip
        text = json.dumps(page)
    else:
        yanked = {name: "" if why is None else f' data-yanked="{why}"' for name, _, why in files}
        text = "<!DOCTYPE html>" + "".join(
            f'<a href="../f/{name}#sha256=0" data-requires-python="{html.escape(python)}"{yanked[name]}>{name}</a>'
            for name, python, _ in files
        )
    stopped = simple_index.why_no_wheel("x", simple_index.files_of(text.encode()))
    assert stopped.reason is reason
    assert str(stopped).startswith(detail)


@pytest.mark.parametrize(
    "page", [b"", b"\xff<a href=", b"[1]", b'{"files": 1}', b"<![x[<a href=http://[>", b"[" * 99_999]
)
def test_a_page_that_is_none_lists_no_wheels(page):
    assert not [file for file in simple_index.files_of(page) if file.name.endswith(".whl")]
