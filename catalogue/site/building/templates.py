"""The environment of our templates, and what they make. Knows no page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from jinja2.utils import missing
from markupsafe import Markup, _escape_inner  # type: ignore[attr-defined]  # see `TemplateEnvironment.escape`
from markupsafe import escape as escape_any

from catalogue.site.building.compiler import PAGE, Compiler

_REMEMBERED = 10_000
"""Calls of a recurring macro whose outcome is remembered: those of all rules, and few enough megabytes."""


class Made(NamedTuple):
    """HTML that a template made, what it links to as it stands there, and what would link to each of its places."""

    html: str
    links: set[str]
    places: set[str]  # "#..."


class Part(Markup):
    """HTML that a template made for another, which takes it in as it is."""

    made: Made

    @classmethod
    def of(cls, made: Made) -> Part:
        part = cls(made.html)
        part.made = made
        return part


class _Template(Template):
    """A template whose macros, once made, serve every page: our macros see no page but in their arguments."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        del ctx
        return super()._get_default_module()

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Return what the template makes of a context."""
        try:
            made: str = getattr(self.module, PAGE)(dict(*args, **kwargs))
        except Exception:  # noqa: BLE001 - Jinja2's own way to say where in the template that was
            self.environment.handle_exception()
        return made


class TemplateEnvironment(Environment):
    """The environment of our templates: everything is escaped, and what is not there is an error."""

    code_generator_class = Compiler
    template_class = _Template
    escape_text = staticmethod(_escape_inner)
    markup = Markup

    def __init__(self) -> None:
        super().__init__(
            loader=PackageLoader("site_templates", package_path=""),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._known: dict[str, Template] = {}
        self.links: list[str] = []  # of what is being made
        self.places: list[str] = []

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template, which are everybody's: a plain dictionary is copied for a page at once."""
        return {**self.globals, **(d or {})}

    def get_template(self, name: Any, parent: Any = None, globals: Any = None) -> Template:  # noqa: A002 - Jinja2's name
        """Return a template; every page asks for its own and the three that it is made with."""
        if name not in self._known:
            self._known[name] = super().get_template(name, parent, globals)
        return self._known[name]

    def make(self, name: str, context: Mapping[str, Any]) -> Made:
        """Return what a template makes of a context."""
        self.links.clear()
        self.places.clear()
        html = self.get_template(name).render(context)
        return Made(html, set(self.links), {f"#{place}" for place in self.places})

    def escape(self, value: Any) -> str:
        """Return a value as HTML text; what another escape or a template made stays as it is."""
        if type(value) is str:
            escaped: str = _escape_inner(value)  # `markupsafe.escape` puts a `Markup` around it, at ten times its cost
            return escaped
        if type(value) is int:
            return str(value)
        if type(value) is Part:
            self.links += value.made.links
            self.places += (place[1:] for place in value.made.places)
            return value.made.html
        return value if type(value) is Markup else escape_any(value)

    def page(self, names: Sequence[str], macro: Callable[..., str]) -> Callable[[Mapping[str, Any]], str]:
        """Return the macro of a whole template as a function of the context, of which it takes these names."""
        return lambda context: macro(*[context.get(name, missing) for name in names])

    def recurring(self, macro: Callable[..., str]) -> Callable[..., str]:
        """Return a macro that remembers what it made of which values: words, numbers, or nothing that changes."""
        return lru_cache(_REMEMBERED, typed=True)(macro)

    def noting(self, macro: Callable[..., str]) -> Callable[..., str]:
        """Return the same of a macro that notes links and places, which it does each time."""

        @lru_cache(_REMEMBERED, typed=True)
        def remembered(*arguments: Any) -> tuple[str, list[str], list[str]]:
            links, places = len(self.links), len(self.places)
            return macro(*arguments), self.links[links:], self.places[places:]

        def recurring(*arguments: Any) -> str:
            made, links, places = remembered(*arguments)
            self.links.extend(links)
            self.places.extend(places)
            return made

        return recurring
