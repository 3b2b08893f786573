"""The ranges by which the figures count tokens, the same in a query as in Python. Knows no table."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple


class Spans(NamedTuple):
    """Ranges from 0 up: `limits` are where the next one begins, `words` say what each holds; one more than limits."""

    limits: tuple[int, ...]
    words: tuple[str, ...]

    def of(self, number: int) -> str:
        """Return the words of the range that a number is in."""
        return self.words[bisect_right(self.limits, number)]

    def sql(self, column: str) -> str:
        """Return the same as an expression in SQL."""
        cases = "\n            ".join(
            f"WHEN {column} < {limit} THEN '{words}'" for limit, words in zip(self.limits, self.words, strict=False)
        )
        return f"CASE {cases}\n            ELSE '{self.words[-1]}' END"


OF_A_DEFINITION = Spans(
    (100, 250, 500, 1000, 2000),
    ("1: under 100", "2: 100 to 249", "3: 250 to 499", "4: 500 to 999", "5: 1,000 to 1,999", "6: 2,000 or more"),
)
OF_A_SERVER = Spans(
    (1000, 5000, 10_000, 20_000, 50_000),
    (
        "1: under 1,000",
        "2: 1,000 to 4,999",
        "3: 5,000 to 9,999",
        "4: 10,000 to 19,999",
        "5: 20,000 to 49,999",
        "6: 50,000 or more",
    ),
)
