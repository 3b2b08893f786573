"""Compiles our templates to faster code than Jinja2 does by itself. Knows no page.

Jinja2 asks at run time what our templates never leave open: whether an attribute is rather an item, whether a call
wants the context, whether a macro has a caller, which blocks a template has. Left out, that halves the time of a page.
Everything is escaped as before, and what is not there is an error as before.

What a page links to, and the places in it, are noted while it is made: to look for them in its HTML took as long as to
make half of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, Frame, MacroRef
from jinja2.visitor import NodeTransformer

PAGE = "page"
"""The macro that all that a template puts out becomes."""

_RECURRING = "_recurring.html"
"""The template with macros that are called with the same few values again and again, all over a site."""

_ATTRIBUTE = re.compile(r' (href|src|id)="')
"""What begins an attribute that is noted. Our templates write every attribute in double quotes."""

_NOTED = {"href": "links", "src": "links", "id": "places"}


class Compiler(CodeGenerator):
    """Emits attributes, calls and macros as Python's own. Calls give their arguments by place.

    A template becomes one with those that it extends, and what they put out becomes a macro: so a page is collected in
    one list, and asks for nothing by its name. What a macro makes is text that is escaped already. Only the very place
    that calls it may put it out as it is; anything else is refused, as it would escape it again.
    """

    _macros: frozenset[str] = frozenset()
    _put_out: nodes.Expr | None = None
    _notes = False  # whether the macro at hand may note something
    _silent: frozenset[str] = frozenset()  # the macros that do not

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
        free = {*chain.from_iterable(map(_free, body))} - self._macros - self.environment.globals.keys()
        arguments = [nodes.Name(name, "param") for name in sorted(free)]
        whole = nodes.Template([*declared, nodes.Macro(PAGE, arguments, [], body, lineno=1)], lineno=1)
        _Noting().visit(whole).set_environment(self.environment)
        super().visit_Template(whole, frame)

    def _parsed(self, name: str) -> nodes.Template:
        loader = self.environment.loader
        if loader is None:
            raise TypeError("An environment of templates has a loader.")
        return self.environment.parse(loader.get_source(self.environment, name)[0], name)

    def _called_macro(self, node: nodes.Expr, frame: Frame) -> str:
        """Return the macro that an expression calls; "" for any other, also for a call of what only has its name."""
        called = node.node if isinstance(node, nodes.Call) else None
        if not isinstance(called, nodes.Name) or called.name not in self._macros:
            return ""
        return called.name if frame.symbols.ref(called.name) == f"l_0_{called.name}" else ""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        """Escape a string without a call of ours, which half of the time of a page would go into."""
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            self.fail("our templates escape everything", node.lineno)
        if self._called_macro(node, frame) or _noted_as(node):
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
        if noted := _noted_as(node):
            self._note(noted, node.args, frame)
            return
        macro = self._called_macro(node, frame)
        if macro and node is not self._put_out:
            self.fail("macros of our templates are called where they are put out", node.lineno)
        self._notes |= bool(macro) and macro not in self._silent
        self.visit(node.node, frame)
        self.write("(")
        for argument in node.args:
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")

    def _note(self, noted: str, parts: Sequence[nodes.Expr], frame: Frame) -> None:
        """Emit what notes the value of an attribute, and is that value."""
        self._notes = True
        joined = len(parts) > 1
        self.write(f"(note_{noted}(shown := {'concat((' if joined else ''}")
        for part in parts:
            if isinstance(part, nodes.TemplateData):
                self.write(repr(part.data))
            else:
                self._output_child_pre(part, frame, self._make_finalize())
                self.visit(part, frame)
                self._output_child_post(part, frame, self._make_finalize())
            self.write(", " if joined else "")
        self.write(f"{'))' if joined else ''}) or shown)")

    def visit_Macro(self, node: nodes.Macro, frame: Frame) -> None:  # noqa: N802 - Jinja2's name
        self._notes = False
        super().visit_Macro(node, frame)

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
        if not self._notes:
            self._silent |= {node.name}
        if node.name == PAGE:
            self.write(f"environment.page({[argument.name for argument in node.args]!r}, macro)")
        elif self.name == _RECURRING:
            self.write("environment.noting(macro)" if self._notes else "environment.recurring(macro)")
        else:
            self.write("macro")

    def write_commons(self) -> None:
        super().write_commons()
        self.writeline("escape = environment.escape")  # hides Jinja2's own in every function
        self.writeline("escape_text = environment.escape_text")
        self.writeline("markup = environment.markup")
        self.writeline("note_links = environment.links.append")
        self.writeline("note_places = environment.places.append")


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


class _Noting(NodeTransformer):
    """Makes of the value of each attribute that is noted a call of where it is noted, in the environment."""

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802 - Jinja2's name
        outside: list[nodes.Expr] = []
        value: nodes.Call | None = None
        for child in node.nodes:
            if not isinstance(child, nodes.TemplateData):
                (value.args if value else outside).append(child)
                continue
            text, *rest = _ATTRIBUTE.split(_in_ascii(child.data))
            value = _going_on(value, text, outside)
            for name, text in zip(rest[::2], rest[1::2], strict=True):
                outside.append(nodes.TemplateData(f' {name}="'))
                begun = nodes.Call(nodes.EnvironmentAttribute(_NOTED[name]), [], [], None, None)
                value = _going_on(begun, text, outside)
        if value:
            raise TemplateSyntaxError("addresses in our templates are put out at once", node.lineno)
        return nodes.Output(outside, lineno=node.lineno)


def _in_ascii(markup: str) -> str:
    """Return markup with references for all but ASCII: most pages are ASCII then, half as large to join and encode."""
    return markup.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _going_on(value: nodes.Call | None, text: str, outside: list[nodes.Expr]) -> nodes.Call | None:
    """Give text to an attribute's value up to its end, and the rest to what is outside; return a value that goes on."""
    own, quote, rest = text.partition('"') if value else ("", "", text)
    if value and (own or (quote and not value.args)):
        value.args.append(nodes.TemplateData(own))
    if value and not quote:
        return value
    outside += [value] if value else []
    outside.append(nodes.TemplateData(quote + rest))
    return None


def _noted_as(node: nodes.Expr) -> str:
    """Return what the value of an attribute is noted as; "" for any other expression."""
    noted = node.node if isinstance(node, nodes.Call) else None
    return noted.name if isinstance(noted, nodes.EnvironmentAttribute) else ""


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
        inner = chain.from_iterable(map(_free, (*node.body, *node.else_)))
        targets = nodes.Output([node.target]).find_all(nodes.Name)
        return _free(node.iter) | ({*inner} - {target.name for target in targets} - {"loop"})
    return {*chain.from_iterable(map(_free, node.iter_child_nodes()))}
