from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from catalogue.ascii_json import compact
from catalogue.site.context import Bar, Link
from catalogue.site.encode import readable
from catalogue.site.machine.twins import plain, written
from catalogue.site.marks import quote

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


@given(texts, st.integers())
def test_a_context_is_written_as_what_is_plain_of_it(text, number):
    context = {"links": (Link("a", text),), "bar": Bar(text, "b", number, 0.5, 1.0, 1e22, ""), "quoted": quote(text)}
    said = written(context)
    assert said == compact(plain(context)).encode("ascii")
    assert json.loads(said)["links"] == [{"path": "a", "text": text}]
    assert json.loads(said)["quoted"] == quote(text).text
