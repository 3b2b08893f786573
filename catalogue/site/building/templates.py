"""Compiles our templates to faster code than Jinja2 does by itself. Knows no page.

Jinja2 asks at run time what our templates never leave open: whether an attribute is rather an item, whether a call
wants the context, whether a macro has a caller. Left out, that halves the time of a page. Everything is escaped as
before, and what is not there is an error as before.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, nodes
from jinja2.compiler import CodeGenerator, Frame, MacroRef
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup, _escape_inner  # type: ignore[attr-defined]  # see `escape`
from markupsafe import escape as escape_any


def escape(value: Any) -> str:
    """Return a value as HTML text; what a macro or another escape made stays as it is."""
    if type(value) is str:
        escaped: str = _escape_inner(value)  # `markupsafe.escape` puts a `Markup` around it, at ten times its cost
        return escaped
    if type(value) is int:
        return str(value)
    return value if type(value) is Markup else escape_any(value)


_marked = str.__new__
"""Makes a `Markup` of a text that is one, at a third of the cost of asking `Markup` to."""


def _macro(body: Callable[..., str]) -> Callable[..., Markup]:
    """Return a macro's compiled body as a function whose result is not escaped again."""
    return lambda *arguments: _marked(Markup, body(*arguments))  # the body escaped everything it was given


_RECURRING = "_recurring.html"
"""The template with macros that are called with the same few values again and again, all over a site."""

_REMEMBERED = 10_000
"""Calls of one such macro whose outcome is remembered: those of all rules, and few enough megabytes."""


def _recurring(body: Callable[..., str]) -> Callable[..., Markup]:
    """Return a macro that remembers what it made of which values; those are words, numbers, or nothing that changes."""
    return lru_cache(_REMEMBERED, typed=True)(_macro(body))


class _Compiler(CodeGenerator):
    """Emits attributes, calls and macros as Python's own. Calls give their arguments by place."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        """Escape a string without a call of ours, which half of the time of a page would go into."""
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            self.fail("our templates escape everything", node.lineno)
        self.write("(shown if (kind := type(shown := (")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        del node, frame, finalize
        self.write("))) is markup else escape_text(shown) if kind is str else escape(shown))")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 - Jinja2's name
        self.visit(node.node, frame)
        self.write(f".{node.attr}")

    def visit_Call(  # noqa: N802 - Jinja2's name
        self, node: nodes.Call, frame: Frame, forward_caller: bool = False
    ) -> None:
        if forward_caller or node.kwargs or node.dyn_args or node.dyn_kwargs:
            self.fail("calls in our templates give their arguments by place", node.lineno)
        self.visit(node.node, frame)
        self.write("(")
        for argument in node.args:
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")

    def macro_def(self, macro_ref: MacroRef, frame: Frame) -> None:
        del frame
        if macro_ref.node.defaults or macro_ref.accesses_kwargs or macro_ref.accesses_varargs:
            self.fail("macros of our templates name all of their arguments and have no defaults", macro_ref.node.lineno)
        self.write("environment.recurring(macro)" if self.name == _RECURRING else "environment.macro(macro)")

    def write_commons(self) -> None:
        super().write_commons()
        self.writeline("escape = environment.escape")  # hides Jinja2's own in every function
        self.writeline("escape_text = environment.escape_text")
        self.writeline("markup = environment.markup")


class _Template(Template):
    """A template whose macros, once made, serve every page: our macros see no page but in their arguments."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        del ctx
        return super()._get_default_module()


class TemplateEnvironment(Environment):
    """The environment of our templates: everything is escaped, and what is not there is an error."""

    code_generator_class = _Compiler
    template_class = _Template
    escape = staticmethod(escape)
    escape_text = staticmethod(_escape_inner)
    markup = Markup
    macro = staticmethod(_macro)
    recurring = staticmethod(_recurring)

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

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template, which are everybody's: a plain dictionary is copied for a page at once."""
        return {**self.globals, **(d or {})}

    def get_template(self, name: Any, parent: Any = None, globals: Any = None) -> Template:  # noqa: A002 - Jinja2's name
        """Return a template; every page asks for its own and the four that it is made with."""
        if name not in self._known:
            self._known[name] = super().get_template(name, parent, globals)
        return self._known[name]
