"""The sentences of a verdict: each names what was found, what speaks against it, and how sure that is."""

from __future__ import annotations

import pytest

from classifier.rationale import write_rationale
from classifier.ruleset import load
from classifier.verdict import Category, Confidence, Evidence, Match, Strength, decide


def match(category: Category, strength: Strength, says: str) -> Match:
    evidence = Evidence(says, "name_verb", "/name", says, (0, len(says)))
    return Match(says, category, strength, f'its name says "{says}"', (evidence,))


@pytest.mark.parametrize("strength", Strength)
@pytest.mark.parametrize("against", [None, *Strength])
def test_how_sure_it_says_it_is_agrees_with_the_confidence(strength: Strength, against: Strength | None) -> None:
    matches = [match(Category.DESTRUCTIVE, strength, "purge")]
    if against:
        matches.append(match(Category.WRITE, against, "archive"))
    category, confidence, support, dissent = decide(matches)
    text = write_rationale("is judged", category, support, dissent)
    assert f"{confidence.value.capitalize()} confidence:" in text
    assert (f'"{dissent[0].says[15:-1]}", which by itself would be' in text) if dissent else "Against it" not in text


def test_without_another_sign_it_says_what_was_looked_for() -> None:
    text = load().judge({"name": "list_invoices", "description": "List the invoices of a customer."}).rationale
    assert "No rule sees it change, run or delete anything, or move money." in text


def test_the_weaker_sign_and_the_milder_one_are_told_apart() -> None:
    strong = match(Category.DESTRUCTIVE, Strength.STRONG, "purge")
    weak = write_rationale("x", Category.DESTRUCTIVE, (strong,), (match(Category.WRITE, Strength.WEAK, "set"),))
    equal = write_rationale("x", Category.DESTRUCTIVE, (strong,), (match(Category.WRITE, Strength.STRONG, "set"),))
    assert "that is the weaker sign" in weak
    assert "the more severe counts" in equal


def test_a_tool_that_no_rule_knows_is_told_so() -> None:
    verdict = load().judge({"name": "blorp"})
    assert verdict.confidence is Confidence.NONE
    assert verdict.rationale.startswith("No rule recognises")
