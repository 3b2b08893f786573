"""Words for how an attempt to list a target's tools went. Knows only the crawler's closed lists."""

from __future__ import annotations

from collections.abc import Mapping

from crawler.records import Reason

_WORDS: Mapping[str, str] = {
    "introspected": "listed its tools",
    "never-tried": "not asked yet",
    Reason.SIGN_IN: "asks for sign-in",
    Reason.PAYMENT: "asks for payment",
    Reason.FORBIDDEN: "refuses access",
    Reason.NOT_FOUND: "not found at its address",
    Reason.RATE_LIMITED: "asked us to slow down",
    Reason.SERVER_ERROR: "answered with a server error",
    Reason.REDIRECTED: "redirects to another place",
    Reason.ADDRESS_REFUSED: "address not public, not asked",
    Reason.UNREACHABLE: "could not be reached",
    Reason.TIMED_OUT: "did not answer in time",
    Reason.TOO_LARGE: "sent more than the budget allows",
    Reason.NOT_MCP: "answers, but not in MCP",
    Reason.PROTOCOL_ERROR: "broke the protocol",
    Reason.NEEDS_CONFIGURATION: "needs configuration first",
    Reason.NEEDS_NETWORK: "reaches for the network first, which its sandbox has not",
    Reason.NO_SANDBOX: "not run: no sandbox here",
    Reason.NO_RUNTIME: "not run: its runtime is missing here",
    Reason.INSTALL_FAILED: "could not be installed",
    Reason.NO_COMMAND: "has no command to start",
    Reason.START_FAILED: "ended before it listed its tools",
    Reason.DISALLOWED: "keeps crawlers away by its robots.txt",
    Reason.OPTED_OUT: "not asked, as its owner wants",
    Reason.UNSUPPORTED: "a kind of package we do not run",
}

_ATTEMPTS: Mapping[str, str] = {
    "bare": "as declared, nothing filled in",
    "dummy-values": "with made-up values for what it declares or asks for",
    "older-sdk": "with made-up values where it asks for them, on an older version of its SDK",
}


def outcome_words(outcome: str) -> str:
    """Return words that complete "The target ..."; an outcome of a newer crawler is its own word."""
    return _WORDS.get(outcome, outcome)


def attempt_words(attempt: str) -> str:
    """Return words for how a listing was brought about; an attempt of a newer crawler is its own word."""
    return _ATTEMPTS.get(attempt, attempt)
