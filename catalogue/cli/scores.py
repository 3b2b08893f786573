"""Prints a measurement of the rules: the confusion matrix, and each share with its n and its interval."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.cli.terminal import show_table
from classifier.score import Score, Share
from classifier.verdict import Category


def show_score(score: Score) -> None:
    """Print all of a score as tables on stdout."""
    show_table(("measure", "share", "n", "95 % interval"), list(_measures(score)), f"ruleset {score.ruleset}")
    found = [one.value for one in Category]
    rows = [(one.value, *(score.confusion.get((one, other), 0) for other in Category)) for one in Category]
    show_table(("labelled \\ found", *found), rows, "confusion")
    both = [
        (one.value, *_cells(score.precision[one]), *_cells(score.recall[one]))
        for one in Category
        if score.precision[one].n or score.recall[one].n
    ]
    headings = ("precision", "n", "95 % interval", "recall", "n", "95 % interval")
    show_table(("category", *headings), both)
    signals = [
        (name, *_cells(score.signal_precision[name]), *_cells(score.signal_recall[name]))
        for name in score.signal_recall
    ]
    show_table(("signal", *headings), signals)
    rules = sorted(score.rules.items(), key=lambda item: (item[1].value or 0, item[0]))
    show_table(("rule", "right", "n", "95 % interval"), [(name, *_cells(share)) for name, share in rules])


def _measures(score: Score) -> Iterator[tuple[str, str, int, str]]:
    yield "right, where one category is acceptable", *_cells(score.clear)
    yield "within the acceptable categories", *_cells(score.accepted)
    yield "Execute, Destructive or Financial called Read", *_cells(score.dangerous_read)
    yield "Unclassified although described", *_cells(score.unclassified)
    for hint, share in score.claims_labelled.items():
        yield f"the server's {hint} agrees with the label", *_cells(share)
    for hint, share in score.claims_judged.items():
        yield f"the server's {hint} agrees with the verdict", *_cells(share)


def _cells(share: Share) -> tuple[str, int, str]:
    low, high = share.interval
    return ("-" if share.value is None else f"{share.value:.1%}", share.n, f"{low:.1%} to {high:.1%}")
