"""Compiles our templates to faster code than Jinja2 does by itself. Knows no page.

Jinja2 asks at run time what our templates never leave open: whether an attribute is rather an item, whether a call
wants the context, whether a macro has a caller, which blocks a template has. Left out, that halves the time of a page.
Everything is escaped as before, and what is not there is an error as before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from functools import lru_cache
from itertools import chain, groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, nodes
from jinja2.compiler import CodeGenerator, Frame, MacroRef
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, _escape_inner  # type: ignore[attr-defined]  # see `escape`
from markupsafe import escape as escape_any


def escape(value: Any) -> str:
    """Return a value as HTML text; what another escape made stays as it is."""
    if type(value) is str:
        escaped: str = _escape_inner(value)  # `markupsafe.escape` puts a `Markup` around it, at ten times its cost
        return escaped
    if type(value) is int:
        return str(value)
    return value if type(value) is Markup else escape_any(value)


_RECURRING = "_recurring.html"
"""The template with macros that are called with the same few values again and again, all over a site."""

_REMEMBERED = 10_000
"""Calls of one such macro whose outcome is remembered: those of all rules, and few enough megabytes."""


def _recurring(body: Callable[..., str]) -> Callable[..., str]:
    """Return a macro that remembers what it made of which values; those are words, numbers, or nothing that changes."""
    return lru_cache(_REMEMBERED, typed=True)(body)


_PAGE = "page"
"""The macro that all that a template puts out becomes."""


def _page(names: Sequence[str], body: Callable[..., str]) -> Callable[[Mapping[str, Any]], str]:
    """Return that macro as a function of the context, of which it takes these names."""
    return lambda context: body(*[context.get(name, missing) for name in names])


class _Filled(NodeTransformer):
    """Puts blocks into the places that a template has for them: of each name the outermost, `super()` the next."""

    def __init__(self, blocks: Mapping[str, Sequence[nodes.Block]]) -> None:
        self._blocks = blocks
        self._next: Sequence[nodes.Block] = ()

    def visit_Block(self, node: nodes.Block) -> list[nodes.Node]:  # noqa: N802 - Jinja2's name
        return self._body(self._blocks.get(node.name, [node]))

    def visit_Output(self, node: nodes.Output) -> list[nodes.Node]:  # noqa: N802 - Jinja2's name
        parts: list[nodes.Node] = []
        for of_super, children in groupby(node.nodes, _is_super):
            if of_super:
                parts += self._body(self._next)
            else:
                parts.append(nodes.Output(list(children), lineno=node.lineno))
        return parts

    def _body(self, blocks: Sequence[nodes.Block]) -> list[nodes.Node]:
        before, self._next = self._next, blocks[1:]
        body = [kept for child in blocks[0].body for kept in self.visit_list(child)]
        self._next = before
        return body


def _is_super(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "super"


class _Compiler(CodeGenerator):
    """Emits attributes, calls and macros as Python's own. Calls give their arguments by place.

    A template becomes one with those that it extends, and what they put out becomes a macro: so a page is collected in
    one list, and asks for nothing by its name. What a macro makes is text that is escaped already. Only the very place
    that calls it may put it out as it is; anything else is refused, as it would escape it again.
    """

    _macros: frozenset[str] = frozenset()
    _put_out: nodes.Expr | None = None

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja2's name
        blocks: dict[str, list[nodes.Block]] = defaultdict(list)
        declared: list[nodes.Node] = []
        extends: nodes.Extends | None = nodes.Extends()
        while extends:
            declared += (child for child in node.body if isinstance(child, nodes.FromImport | nodes.Macro))
            for block in node.find_all(nodes.Block):
                blocks[block.name].append(block)
            if extends := node.find(nodes.Extends):
                node = self._parsed(extends.template.as_const())
        body = [child for child in _Filled(blocks).visit(node).body if child not in declared]
        self._macros = frozenset(_names(declared))
        free = {*chain.from_iterable(_free(child) for child in body)} - self._macros - self.environment.globals.keys()
        arguments = [nodes.Name(name, "param") for name in sorted(free)]
        whole = nodes.Template([*declared, nodes.Macro(_PAGE, arguments, [], body, lineno=1)], lineno=1)
        whole.set_environment(self.environment)
        super().visit_Template(whole, frame)

    def _parsed(self, name: str) -> nodes.Template:
        loader = self.environment.loader
        if loader is None:
            raise TypeError("An environment of templates has a loader.")
        return self.environment.parse(loader.get_source(self.environment, name)[0], name)

    def _calls_macro(self, node: nodes.Expr, frame: Frame) -> bool:
        """Say whether an expression is a call of a macro, and of nothing else that has its name."""
        called = node.node if isinstance(node, nodes.Call) else None
        return (
            isinstance(called, nodes.Name)
            and called.name in self._macros
            and frame.symbols.ref(called.name) == f"l_0_{called.name}"
        )

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        """Escape a string without a call of ours, which half of the time of a page would go into."""
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            self.fail("our templates escape everything", node.lineno)
        if self._calls_macro(node, frame):
            self._put_out = node
        else:
            self.write("(shown if (kind := type(shown := (")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        del frame, finalize
        if node is not self._put_out:
            self.write("))) is markup else escape_text(shown) if kind is str else escape(shown))")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 - Jinja2's name
        self.visit(node.node, frame)
        self.write(f".{node.attr}")

    def visit_Call(  # noqa: N802 - Jinja2's name
        self, node: nodes.Call, frame: Frame, forward_caller: bool = False
    ) -> None:
        if forward_caller or node.kwargs or node.dyn_args or node.dyn_kwargs:
            self.fail("calls in our templates give their arguments by place", node.lineno)
        if self._calls_macro(node, frame) and node is not self._put_out:
            self.fail("macros of our templates are called where they are put out", node.lineno)
        self.visit(node.node, frame)
        self.write("(")
        for argument in node.args:
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")

    def macro_def(self, macro_ref: MacroRef, frame: Frame) -> None:
        del frame
        node = macro_ref.node
        if (
            isinstance(node, nodes.CallBlock)
            or node.defaults
            or macro_ref.accesses_kwargs
            or macro_ref.accesses_varargs
        ):
            self.fail("macros of our templates name all of their arguments and have no defaults", node.lineno)
        if node.name == _PAGE:
            self.write(f"environment.page({[argument.name for argument in node.args]!r}, macro)")
        else:
            self.write("environment.recurring(macro)" if self.name == _RECURRING else "macro")

    def write_commons(self) -> None:
        super().write_commons()
        self.writeline("escape = environment.escape")  # hides Jinja2's own in every function
        self.writeline("escape_text = environment.escape_text")
        self.writeline("markup = environment.markup")


def _names(declared: Sequence[nodes.Node]) -> Iterator[str]:
    """Yield the names of macros that a template defines or imports."""
    for node in declared:
        if isinstance(node, nodes.Macro):
            yield node.name
        elif isinstance(node, nodes.FromImport):
            yield from (name if isinstance(name, str) else name[1] for name in node.names)


def _free(node: nodes.Node) -> set[str]:
    """Return the names in a part of a template that no loop in it gives a value to."""
    if isinstance(node, nodes.Name):
        return {node.name} if node.ctx == "load" else set()
    if isinstance(node, nodes.For):
        inner = chain.from_iterable(_free(child) for child in (*node.body, *node.else_))
        return _free(node.iter) | ({*inner} - {name.name for name in node.target.find_all(nodes.Name)} - {"loop"})
    return {*chain.from_iterable(map(_free, node.iter_child_nodes()))}


class _Template(Template):
    """A template whose macros, once made, serve every page: our macros see no page but in their arguments."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        del ctx
        return super()._get_default_module()

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Return what the template makes of a context."""
        try:
            made: str = getattr(self.module, _PAGE)(dict(*args, **kwargs))
        except Exception:  # noqa: BLE001 - Jinja2's own way to say where in the template that was
            self.environment.handle_exception()
        return made


class TemplateEnvironment(Environment):
    """The environment of our templates: everything is escaped, and what is not there is an error."""

    code_generator_class = _Compiler
    template_class = _Template
    escape = staticmethod(escape)
    escape_text = staticmethod(_escape_inner)
    markup = Markup
    page = staticmethod(_page)
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
