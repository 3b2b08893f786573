from __future__ import annotations

from collections.abc import Mapping

import pytest
from jinja2 import DictLoader, TemplateSyntaxError

from catalogue.site.building.templates import Made, Part, TemplateEnvironment
from classifier.verdict import Category, Confidence, Severity

HOSTILE = "<script>alert('&\"')</script>"
ESCAPED = "&lt;script&gt;alert(&#39;&amp;&#34;&#39;)&lt;/script&gt;"


def render(source: str, _others: Mapping[str, str] | None = None, **context: object) -> str:
    environment = TemplateEnvironment()
    environment.loader = DictLoader({"page": source, **(_others or {})})
    return environment.get_template("page").render(**context)


def make(templates: Mapping[str, str], times: int = 1, **context: object) -> Made:
    environment = TemplateEnvironment()
    environment.loader = DictLoader(templates)
    return [environment.make("page", context) for _ in range(times)][-1]


def test_everything_is_escaped_once():
    assert render("{{ x }}", x=HOSTILE) == ESCAPED
    assert render("{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}{{ m(x) }}", x=HOSTILE) == f"<b>{ESCAPED}</b>"
    nested = "{% macro n(x) %}{{ x }}{% endmacro %}{% macro m(x) %}<b>{{ n(x) }}</b>{% endmacro %}{{ m(x) }}"
    assert render(nested, x=HOSTILE) == f"<b>{ESCAPED}</b>"
    assert render("{{ x|join }}", x=[HOSTILE]) == ESCAPED
    assert render("{{ 1 }}{{ x }}{{ y }}", x=Category.READ, y=None) == "1readNone"


@pytest.mark.parametrize(
    "source",
    [
        "{% macro f() %}{% endmacro %}{% macro m(f) %}{{ f() }}{% endmacro %}{{ m(x) }}",
        "{% macro f() %}{% endmacro %}{% for f in [x] %}{{ f() }}{% endfor %}",
        "{% macro f() %}{% endmacro %}{% set f = x %}{{ f() }}",
        "{% macro f() %}{% endmacro %}{% macro m(y) %}{% for f in [y] %}{{ f() }}{% endfor %}{% endmacro %}{{ m(x) }}",
        '{% from "o" import f %}{% for f in [x] %}{{ f() }}{% endfor %}',
        '{% extends "t" %}{% from "o" import f %}{% block b %}{% for f in [x] %}{{ f() }}{% endfor %}{% endblock %}',
        '{% extends "t" %}{% block b %}{{ x() }}{% endblock %}',
        "{{ x() }}",
    ],
)
def test_what_has_only_the_name_of_a_macro_is_escaped(source):
    others = {"o": "{% macro f() %}{% endmacro %}", "t": "{% block b %}{% endblock %}"}
    assert render(source, others, x=lambda: HOSTILE) == ESCAPED


def test_a_template_is_one_with_those_that_it_extends():
    others = {
        "outer": "<{% block a %}A{{ x }}{% endblock %}|{% block b %}{% endblock %}>{% for y in z %}{{ y }}{% endfor %}",
        "inner": '{% extends "outer" %}{% block b %}{{ x }}[{% block c %}C{% endblock %}]{% endblock %} left out',
    }
    source = '{% extends "inner" %}{% block c %}{{ y }}{{ super() }}{% endblock %}'
    source += "{% block a %}-{{ super() }}{% endblock %}"
    made = f"<-A{ESCAPED}|{ESCAPED}[2C]>{ESCAPED}"
    assert render(source, others, x=HOSTILE, y=2, z=[HOSTILE]) == made
    with pytest.raises(Exception, match="y"):
        render(source, others, x=HOSTILE, z=[HOSTILE])


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
        "{% macro m(x) %}{% endmacro %}{{ m(m(x)) }}",
        "{% macro m(x) %}{% endmacro %}{{ m(x)|upper }}",
        "{% macro m(x) %}{% endmacro %}{{ m(x) ~ x }}",
        "{% macro m(x) %}{% endmacro %}{% if m(x) %}{% endif %}",
        "{% macro m(x) %}{% endmacro %}{% call m(x) %}{% endcall %}",
        '<a href="{% if x %}{{ x }}{% endif %}">',
        '<a href="{{ x }}',
    ],
)
def test_what_our_compiler_leaves_out_is_refused(source):
    with pytest.raises(TemplateSyntaxError, match=r"(of|in) our templates"):
        render(source)


def test_links_and_places_are_noted():
    source = """<p id="a"><p id="b-{{ n }}" class="c"><a class="d" href="#a">{{ x }}</a><img src="{{ x }}" alt="id=">
        <a href="{{ x }}/{{ n }}?{{ n }}">{% if n == 2 %}<a href="#no">{% endif %}
        {% for y in [3, 4] %}<a href="{{ y }}">{% endfor %}<q title="{{ y }}">{{ y }}</q><a href="">"""
    made = make({"page": source}, x=HOSTILE, n=1, y=' href="hostile" id="hostile"')
    assert made.links == {"#a", ESCAPED, f"{ESCAPED}/1?1", "3", "4", ""}
    assert made.places == {"#a", "#b-1"}


@pytest.mark.parametrize("times", [1, 2, 3])
def test_what_recurs_is_noted_each_time(times):
    templates = {
        "page": '{% from "_recurring.html" import outer, plain %}{{ outer(x) }}{{ plain(x) }}',
        "_recurring.html": '{% macro inner(x) %}<a href="{{ x }}">{% endmacro %}'
        "{% macro plain(x) %}{{ x }}{% endmacro %}"
        '{% macro outer(x) %}<p id="p">{{ inner(x) }}{{ plain(x) }}</p>{% endmacro %}',
    }
    text = f'<p id="p"><a href="{ESCAPED}">{ESCAPED}</p>{ESCAPED}'
    assert make(templates, times, x=HOSTILE) == (text, {ESCAPED}, {"#p"})


def test_a_part_brings_what_was_noted_of_it():
    part = Part.of(make({"page": '<a id="{{ x }}" href="#{{ x }}">{{ x }}</a>'}, x="&"))
    text = '<a id="&amp;" href="#&amp;">&amp;</a>'
    assert make({"page": "{{ part }}{{ x }}"}, part=part, x="&") == (f"{text}&amp;", {"#&amp;"}, {"#&amp;"})
