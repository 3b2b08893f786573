from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from catalogue.ascii_json import compact
from catalogue.site.encode import readable

texts = st.text(st.characters() | st.sampled_from('\x7f\u202e\ud800\U000e0041\\"'), max_size=20)


@given(st.dictionaries(texts, texts | st.integers() | st.booleans() | st.lists(texts), max_size=4))
def test_json_says_the_same_and_hides_nothing(value):
    for text in (compact(value), readable(value)):
        assert json.loads(text) == value
        assert not [char for char in text if char in "\x00\x1b\x7f\u202e\ud800\U000e0041"]
    assert compact(value).isascii()


def test_what_no_one_sees_is_spelled_out():
    for char, spelled in {"\x7f": r"\u007f", "\u200b": r"\u200b", "\ud800": r"\ud800"}.items():
        assert readable([f"a{char}b"]) == f'[\n  "a{spelled}b"\n]'
        assert compact([f"a{char}b"]) == f'["a{spelled}b"]'
