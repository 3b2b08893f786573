"""The context of the glossary: every word that the site uses with a meaning of its own. Pure; knows no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalogue.site import urls
from catalogue.site.context import CATEGORY_ABOUT, CATEGORY_NOT, CONFIDENCE_ABOUT, Crumb, label
from catalogue.site.pages.change_page import GRADES
from catalogue.site.pages.policies_page import POSTURES
from classifier.verdict import SIGNALS, Strength

_WORDS: Mapping[str, tuple[str, str]] = {
    "Action": ("one of the things that a tool does, chosen by an argument of the call", ""),
    "Attack pattern": ("a way in which servers or agents are attacked, what shows it and what stops it", urls.ATTACKS),
    "Candidate": ("what a source names as a server without a way to ask it; it has no page", urls.SOURCES),
    "Confirmed": ("said of a tool that its server listed to us", ""),
    "Declared": ("said of a tool that only a record names; the server has not been asked, or has not answered", ""),
    "Definition": ("a tool’s JSON exactly as its server listed it", ""),
    "Dissent": ("the rules that fired for another category than the verdict’s", ""),
    "Evidence": ("the exact words of a definition that a rule matched, and where they stand", ""),
    "Flow": ("how tools of a server together let a stranger’s text carry private data out", urls.flows()),
    "Hint": ("one of four claims that a server may make of a tool; never evidence that it is harmless", urls.claims()),
    "Introspection": ("one attempt to list the tools of a target; no tool is ever called", urls.METHOD),
    "Listing": ("what one source says of one server", urls.SOURCES),
    "Policy": ("a document of rules that a gateway or client enforces: what is hidden, denied, counted", urls.POLICIES),
    "Publisher": ("who publishes a server, as a record names them", urls.publishers()),
    "Rule": ("a readable file that asserts a category or raises a signal when its condition holds", urls.RULES),
    "Ruleset": ("all rules together; its digest stands on every verdict", urls.RULES),
    "Server": ("a program that offers tools over MCP, under its public name", urls.servers()),
    "Signal": ("a named property that makes a tool risky whatever its category", urls.METHOD),
    "Source": ("a registry or list that names servers", urls.SOURCES),
    "Support": ("the rules that fired for the verdict’s category", ""),
    "Target": ("one way to reach a server: a remote address, or a package", ""),
    "Tool": ("what an agent can call: a definition’s place on a server", ""),
    "Token cost": ("what a definition takes of a model’s context: its characters divided by four", urls.ECOSYSTEM),
    "Verdict": ("what the rules say of a definition: category, risk level, confidence, signals, evidence", urls.METHOD),
    "Withdrawn": ("said of a server that every source which named it has deleted; its page stays", ""),
}  # fmt: skip
"""Every word of ours: its meaning, and the page that says more ("" for none)."""

_STRENGTHS: Mapping[Strength, str] = {
    Strength.DECISIVE: "the match says what the tool does, whatever else it says",
    Strength.STRONG: "right unless a decisive rule disagrees",
    Strength.WEAK: "a hint",
}


@dataclass(frozen=True, slots=True)
class Term:
    """A word and its meaning; `id` is its anchor, `more` the page that says more ("" for none)."""

    id: str
    word: str
    meaning: str
    more: str


@dataclass(frozen=True, slots=True)
class GlossaryPage:
    """Everything on the glossary's page: the groups of terms by their titles."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    count: int
    groups: tuple[tuple[str, tuple[Term, ...]], ...]


def glossary_page() -> GlossaryPage:
    """Make the context."""
    groups = (
        ("Words of the catalogue", tuple(_term("word", word, *said) for word, said in _WORDS.items())),
        ("Categories", tuple(
            _term("category", label(one), f"the tool {about}; it is not {CATEGORY_NOT[one]}", urls.category(one.value))
            for one, about in CATEGORY_ABOUT.items()
        )),
        ("Signals", tuple(
            _term("signal", one, f"the tool {about}", urls.signal(one)) for one, about in SIGNALS.items()
        )),
        ("Confidence", tuple(
            _term("confidence", label(one), about, urls.METHOD) for one, about in CONFIDENCE_ABOUT.items()
        )),
        ("Strength of a rule", tuple(
            _term("strength", one.value, about, urls.RULES) for one, about in _STRENGTHS.items()
        )),
        ("Postures of a policy", tuple(_term("posture", one, about, urls.POLICIES) for one, about in POSTURES.items())),
        ("Grades of a change", tuple(
            _term("grade", one.value, about, urls.changes()) for one, about in GRADES.items()
        )),
    )  # fmt: skip
    return GlossaryPage(
        path=urls.GLOSSARY,
        twin=urls.twin(urls.GLOSSARY),
        crumbs=(Crumb("", "Glossary"),),
        description="The words of the MCP Risk Catalogue, one meaning each.",
        count=sum(len(terms) for _, terms in groups),
        groups=groups,
    )


def _term(group: str, word: str, meaning: str, more: str) -> Term:
    return Term(f"{group}-{urls.slug(word.lower().replace(' ', '-'))}", word, meaning, more)
