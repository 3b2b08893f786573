"""What a tool's page says in sentences: what it does, why it needs a policy, questions and answers.

Every sentence is composed from this tool's verdict, parameters, hints and policy, and is left out where it would not
be true of it. Knows no page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from catalogue.site.context import CATEGORY_ABOUT, counted, label, listed
from catalogue.site.marks import inert
from catalogue.site.pages.advice import Advice
from catalogue.site.pages.evidence import Case, Proof
from catalogue.site.pages.schema import Hint
from catalogue.values import Standing
from classifier.tool import Tool
from classifier.verdict import SIGNALS, Category, Confidence, Verdict

_NAMED = 6
"""Parameters, values or tools that a sentence names before it counts the rest."""

_END = re.compile(r"[.!?](?=\s|$)|[。！？]|\n\s*\n")
_ARTICLE = {Category.EXECUTE: "an", Category.UNCLASSIFIED: "an"}

_RISK: Mapping[str, str] = {
    "bulk": "One call reaches many targets, so one mistake does too.",
    "admin": "It changes how a system is run or who may use it, so what it grants outlasts the task.",
    "credentials-in": "Its arguments carry a secret, which then stands in the model's context and in every log of it.",
    "credentials-out": "Its result carries a secret, which the model can pass on to any other tool.",
    "code": "What it runs is written by the model, and so by whoever writes what the model reads.",
    "query-language": "It takes whole queries, so its reach is that of the account it uses and not that of its name.",
    "filesystem": "It takes paths, so it reaches as far as the process may unless a rule sets a root.",
    "network": "It fetches addresses that the model chooses: internal ones, or ones that carry data out.",
    "markup": "It takes raw markup, which can carry script or hidden text to whoever opens the result.",
    "sends-outside": "What it sends leaves your hands and cannot be called back.",
    "untrusted-content": "Strangers can write what it returns, and so can put instructions before the model.",
    "private-data": "What it returns is personal or private, and stays in the context of tools that can send it on.",
    "toxic-flow": "A stranger's text that it returns can have the model send out, by it, private data that it returns.",
    "money-amount": "The amount is an argument: without a cap the model sets it.",
    "irreversible": "There is no way back after a wrong call.",
    "open-arguments": "It accepts properties that its schema does not name, so a schema check lets anything through.",
    "multi-action": "One name stands for several actions, so allowing the name allows the worst of them.",
    "no-description": "It does not say what it does, so model and reader alike have only its name to go by.",
    "annotation-conflict": "A client that trusts its server's hint would treat it as milder than it reads.",
    "name-mismatch": "Its name and its description disagree, and people approve the name while the model reads both.",
    "hidden-text": "It carries characters that a person does not see and a model does.",
    "instructs-model": "Its definition gives the model orders, which is not what a definition is for.",
    "references-other-tools": "Its definition steers how other tools are used, beyond its own call.",
}
"""Why a signal matters, one sentence for each that has a consequence of its own."""

_EFFECTS = frozenset(
    {
        "bulk",
        "admin",
        "credentials-in",
        "credentials-out",
        "code",
        "query-language",
        "filesystem",
        "network",
        "markup",
        "sends-outside",
        "untrusted-content",
        "private-data",
        "money-amount",
    }
)
"""Signals that say what the tool does, rather than how its definition is written."""


class Question(NamedTuple):
    """A question about this tool and its answer, each one safe paragraph."""

    question: str
    answer: str


class Subject(NamedTuple):
    """All that the sentences about a tool are made from. `name` and `server` are safe for one line."""

    name: str
    server: str
    tool: Tool
    verdict: Verdict
    case: Case
    hints: tuple[Hint, ...]
    advice: Advice
    standing: Standing
    namesakes: int


@lru_cache(maxsize=len(Category))
def called(category: Category) -> str:
    """Return "a Read tool", "an Execute tool", "an unclassified tool"."""
    word = "unclassified" if category is Category.UNCLASSIFIED else label(category)
    return f"{_ARTICLE.get(category, 'a')} {word} tool"


@lru_cache(maxsize=1024)
def about_signal(signal_id: str) -> str:
    """Return a sentence that says of "it" what a signal says."""
    return f"It {SIGNALS.get(signal_id, signal_id)}."


def risk_of(signal_id: str) -> str:
    """Return the sentence that says why a signal matters; "" for one without a consequence of its own."""
    return _RISK.get(signal_id, "")


def claim(tool: Tool) -> str:
    """Return the first sentence of the tool's own description, as a safe line; "" if it has none."""
    text = tool.description[:2000].lstrip()
    end = _END.search(text, 1)
    return inert(" ".join(text[: end.end() if end else None].split()), 300)


def plain_words(subject: Subject) -> tuple[str, ...]:
    """Say what the tool does: its category, what more it does, what it takes, what its actions do."""
    verdict = subject.verdict
    if verdict.category is Category.UNCLASSIFIED:
        first = f"No rule could tell what {subject.name} does from its name, its text or its parameters."
    else:
        first = f"{subject.name} is {called(verdict.category)} of {subject.server}: it {subject.case.support[0].title}."
    more = [SIGNALS[signal.id] for signal in verdict.signals if signal.id in _EFFECTS]
    second = f"It also {listed(more)}." if more else ""
    return tuple(filter(None, (first, second, _arguments(subject.tool), _actions(verdict))))


def _arguments(tool: Tool) -> str:
    top = [parameter for parameter in tool.parameters if parameter.depth == 0]
    required = [inert(parameter.name, 60) for parameter in top if parameter.required]
    if not top:
        return "It takes no arguments." if isinstance(tool.wire.get("inputSchema"), Mapping) else ""
    if not required:
        return f"It takes {counted(len(top), 'argument')}, none of them required."
    if len(top) == 1:
        return f"It takes one argument, which is required: {required[0]}."
    if len(required) == len(top):
        return f"It takes {counted(len(top), 'argument')}, all required: {_named(required)}."
    return f"It takes {counted(len(top), 'argument')} and cannot be called without {_named(required)}."


def _named(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return listed([*names[:_NAMED], f"{rest} more"]) if rest > 1 else listed(names)


def _actions(verdict: Verdict) -> str:
    if not verdict.actions:
        return ""
    groups: dict[Category, dict[str, None]] = {}
    for action in verdict.actions:  # two parameters may take the same actions
        groups.setdefault(action.category, {})[inert(action.value, 40)] = None
    parts = [f"{label(kind)} for {_named(list(groups[kind]))}" for kind in CATEGORY_ABOUT if kind in groups]
    names = dict.fromkeys(inert(action.parameter, 60) or "the action" for action in verdict.actions)
    return f"What it does depends on {listed(list(names), 'or')}: {'; '.join(parts)}."


def reasons_for_policy(subject: Subject) -> tuple[str, ...]:
    """Say why this tool needs a policy: its risk level's reason, then one consequence for each signal."""
    verdict = subject.verdict
    found = [_RISK[signal.id] for signal in verdict.signals if signal.id in _RISK]
    level = f"Risk level {verdict.severity}: {inert(verdict.severity_reason, 400).rstrip('.')}."
    mild = "" if found or verdict.category is not Category.READ else "Nothing in its definition speaks for more."
    return tuple(filter(None, (level, *found, mild)))


def questions(subject: Subject) -> tuple[Question, ...]:
    """Return the questions that this tool raises, with answers from its own facts."""
    return tuple([Question(question, answer) for question, answer in _questions(subject) if answer])


def _questions(subject: Subject) -> Iterator[tuple[str, str]]:
    name = subject.name
    yield f"Can {name} change or delete anything?", _can_change(subject)
    kind = subject.verdict.category
    if kind is Category.UNCLASSIFIED:
        yield f"Why is {name} unclassified?", inert(subject.verdict.rationale, 600)
    else:
        yield f"Why is {name} called {label(kind)}?", inert(subject.verdict.rationale, 600)
        yield "How sure is that?", _how_sure(subject)
    yield f"What happens to a call of {name} under the recommended policy?", " ".join(subject.advice.effects)
    for signal_id, proofs in subject.case.signals.items():
        if signal_id in _ASKED:
            yield _ASKED[signal_id].format(name=name), _signal_answer(signal_id, proofs)
    yield "Can I rely on its server's own hints?", _hints_answer(subject.hints)
    if subject.standing is Standing.DECLARED:
        yield (
            f"Is it certain that {subject.server} offers {name}?",
            "No. A record declares it; the server itself has not been asked, or has not answered.",
        )
    if subject.namesakes:
        yield (
            f"Is this the only {name}?",
            f"No: {counted(subject.namesakes, 'other tool')} of that name stand in this catalogue, each judged by its "
            "own definition. A rule that goes by the tool's name alone would cover all that a client loads.",
        )


_ASKED: Mapping[str, str] = {
    "network": "Can {name} be made to fetch any address?",
    "filesystem": "Which files can {name} reach?",
    "code": "Whose code does {name} run?",
    "query-language": "Is {name} limited to harmless queries?",
    "credentials-in": "Does {name} see secrets?",
    "credentials-out": "Can a secret come out of {name}?",
    "sends-outside": "Does {name} send anything to other people?",
    "untrusted-content": "Can the result of {name} carry instructions to the model?",
    "private-data": "Does {name} return personal data?",
    "money-amount": "Who decides the amount?",
    "irreversible": "Can a call of {name} be undone?",
    "bulk": "How much can one call of {name} reach?",
    "hidden-text": "Is there anything in {name} that I cannot see?",
    "instructs-model": "Does {name} try to steer the model?",
}


def _signal_answer(signal_id: str, proofs: Sequence[Proof]) -> str:
    spots = [f"“{words.quote}” ({words.place})" for proof in proofs for words in proof.words if words.quote]
    based = f" This rests on {listed(spots[:3])}." if spots else ""
    return f"{about_signal(signal_id)} {_RISK.get(signal_id, '')}".rstrip() + based


def _can_change(subject: Subject) -> str:
    category = subject.verdict.category
    claimed = subject.hints[0].claimed
    says = "" if claimed is None else f" Its server says that it is {'' if claimed else 'not '}read-only"
    if category is Category.UNCLASSIFIED:
        return f"That is not known: no rule matched.{says + ', which proves nothing.' if says else ''}"
    if category is Category.READ:
        against = ", which disagrees." if claimed is False else ", which agrees."
        return f"Nothing in its definition says so: it is read as {called(category)}.{says + against if says else ''}"
    against = ", which disagrees; a hint never lowers a verdict." if claimed else ", which agrees."
    return f"Yes: it {subject.case.support[0].title}.{says + against if says else ''}"


def _how_sure(subject: Subject) -> str:
    support, dissent = subject.case.support, subject.case.dissent
    return _confidence_in(
        subject.verdict.confidence,
        tuple([proof.title for proof in support]),
        tuple([proof.title for proof in dissent]),
    )


@lru_cache(maxsize=4096)
def _confidence_in(confidence: Confidence, support: tuple[str, ...], dissent: tuple[str, ...]) -> str:
    """Return what speaks for a verdict and against it: the same few rules of a great many tools."""
    counted_support = f"{counted(len(support), 'rule')} for it ({_named(support)})"
    against = (
        f"and {counted(len(dissent), 'rule')} for something else ({_named(dissent)})"
        if dissent
        else "and none for anything else"
    )
    tail = " Read the definition before you rely on it." if confidence is Confidence.LOW else ""
    return f"Confidence is {confidence.value}: {counted_support}, {against}.{tail}"


def _hints_answer(hints: Sequence[Hint]) -> str:
    claims = [f"{hint.name}: {str(hint.claimed).lower()}" for hint in hints if hint.claimed is not None]
    if not claims:
        return (
            "There are none: it states none of the four hints. A client that fills in the protocol's defaults guesses."
        )
    wrong = [hint.name for hint in hints if hint.standing == "disagrees"]
    verdict = f"We found otherwise for {listed(wrong)}." if wrong else "Nothing that we found contradicts them."
    return f"It claims {listed(claims)}. {verdict} Hints are claims by the server and can change with any update."
