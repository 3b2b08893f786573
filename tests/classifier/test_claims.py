from __future__ import annotations

import pytest

from classifier.claims import Standing, compare, expected
from classifier.ruleset import RuleSet, load
from classifier.tool import Annotations
from classifier.verdict import Category, Evidence, Signal


@pytest.fixture(scope="module")
def ruleset() -> RuleSet:
    return load()


def standings(ruleset: RuleSet, name: str, description: str, **annotations: object) -> dict[str, Standing]:
    verdict = ruleset.judge({"name": name, "description": description, "annotations": annotations})
    claims = compare(Annotations.from_wire(annotations), verdict.category, verdict.signals)
    return {claim.hint: claim.standing for claim in claims}


@pytest.mark.parametrize(
    ("name", "description", "hint", "claimed", "standing"),
    [
        ("delete_issue", "Deletes an issue.", "readOnlyHint", True, Standing.MILDER),
        ("delete_issue", "Deletes an issue.", "destructiveHint", False, Standing.MILDER),
        ("delete_issue", "Deletes an issue.", "destructiveHint", True, Standing.AGREES),
        ("get_issue", "Returns an issue.", "readOnlyHint", True, Standing.AGREES),
        ("get_issue", "Returns an issue.", "readOnlyHint", False, Standing.STRICTER),
        ("update_issue", "Updates an issue.", "destructiveHint", True, Standing.STRICTER),
        ("run_command", "Runs a shell command.", "destructiveHint", False, Standing.OPEN),
        ("send_invoice", "Sends an invoice to a client.", "destructiveHint", False, Standing.OPEN),
        ("send_email", "Sends an email.", "idempotentHint", True, Standing.MILDER),
        ("set_label", "Sets the label of an issue.", "idempotentHint", True, Standing.OPEN),
        ("send_email", "Sends an email.", "openWorldHint", True, Standing.AGREES),
        ("send_email", "Sends an email.", "openWorldHint", False, Standing.OPEN),
        ("delete_issue", "Deletes an issue.", "readOnlyHint", "yes", Standing.ABSENT),
    ],
)
def test_a_hint_is_compared_with_the_words(ruleset, name, description, hint, claimed, standing):
    found = standings(ruleset, name, description, **{hint: claimed})
    assert found[hint] is standing
    assert all(one is Standing.ABSENT for other, one in found.items() if other != hint)


def test_an_unclassified_tool_contradicts_nothing():
    annotations = Annotations(read_only=True, destructive=False)
    claims = compare(annotations, Category.UNCLASSIFIED, ())
    assert [claim.standing for claim in claims[:2]] == [Standing.OPEN, Standing.OPEN]
    assert expected("readOnlyHint", Category.UNCLASSIFIED) is None


def test_the_words_of_one_hint_are_not_those_of_another():
    def evidence(rule: str, pointer: str, quote: str) -> Evidence:
        return Evidence(rule, "leaf", pointer, quote, (0, len(quote)))

    conflict = Signal(
        "annotation-conflict",
        (
            evidence("one", "/annotations/readOnlyHint", "readOnlyHint"),
            evidence("one", "/name", "delete"),
            evidence("two", "/annotations/idempotentHint", "idempotentHint"),
            evidence("two", "/description", "Sends"),
        ),
    )
    claims = compare(Annotations(read_only=True, idempotent=True), Category.DESTRUCTIVE, [conflict])
    assert {claim.hint: [one.quote for one in claim.words] for claim in claims if claim.words} == {
        "readOnlyHint": ["delete"],
        "idempotentHint": ["Sends"],
    }


def test_whatever_a_category_contradicts_is_a_conflict_with_its_words(ruleset):
    """What the comparison calls milder, the rules of the signal find, too: one cannot be shown without the other."""
    examples = [wire for rule in ruleset.rules for kind in rule.examples.values() for wire in kind]
    for example in examples:
        wire = {**example, "annotations": {"readOnlyHint": True, "destructiveHint": False}}
        verdict = ruleset.judge(wire)
        claims = compare(Annotations.from_wire(wire["annotations"]), verdict.category, verdict.signals)
        for claim in claims[:2]:
            assert (claim.standing is Standing.MILDER) == bool(claim.words), (wire, claim)
