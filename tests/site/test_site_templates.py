from __future__ import annotations

import pytest
from jinja2 import DictLoader, TemplateSyntaxError

from catalogue.site.building.templates import TemplateEnvironment
from classifier.verdict import Category, Confidence, Severity

HOSTILE = "<script>alert('&\"')</script>"
ESCAPED = "&lt;script&gt;alert(&#39;&amp;&#34;&#39;)&lt;/script&gt;"


def render(source: str, **context: object) -> str:
    environment = TemplateEnvironment()
    environment.loader = DictLoader({"page": source})
    return environment.get_template("page").render(**context)


def test_everything_is_escaped_once():
    assert render("{{ x }}", x=HOSTILE) == ESCAPED
    assert render("{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}{{ m(x) }}", x=HOSTILE) == f"<b>{ESCAPED}</b>"
    nested = "{% macro n(x) %}{{ x }}{% endmacro %}{% macro m(x) %}<b>{{ n(x) }}</b>{% endmacro %}{{ m(x) }}"
    assert render(nested, x=HOSTILE) == f"<b>{ESCAPED}</b>"
    assert render("{{ x|join }}", x=[HOSTILE]) == ESCAPED
    assert render("{{ 1 }}{{ x }}{{ y }}", x=Category.READ, y=None) == "1readNone"


def test_a_macro_of_a_word_is_that_of_the_word():
    source = "{% macro m(x) %}<b>{{ x.value }}</b>{% endmacro %}{% for x in words %}{{ m(x) }}{% endfor %}"
    words = [Category.READ, Severity.LOW, Confidence.LOW, Category.READ]
    assert render(source, words=words) == "<b>read</b><b>low</b><b>low</b><b>read</b>"


@pytest.mark.parametrize("source", ["{{ x.missing }}", "{{ missing }}", "{{ missing() }}", "{{ missing.x }}"])
def test_what_is_not_there_is_an_error(source):
    with pytest.raises(Exception, match="missing"):
        render(source, x=Severity.LOW)


@pytest.mark.parametrize(
    "source",
    [
        "{% macro m(x, y=1) %}{% endmacro %}",
        "{% macro m() %}{{ varargs }}{% endmacro %}",
        "{% macro m(x) %}{% endmacro %}{{ m(x=1) }}",
        "{% macro m(x) %}{% endmacro %}{{ m(*x) }}",
    ],
)
def test_what_our_compiler_leaves_out_is_refused(source):
    with pytest.raises(TemplateSyntaxError, match=r"(of|in) our templates"):
        render(source)
