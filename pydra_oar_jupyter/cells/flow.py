"""Which names a cell needs, and which it gives.

The code is followed statement by statement, in the order in which it runs: a name that is
certainly assigned before it is first read needs not be sent. Where that can't be known (in a
branch, in a function that may run at once) the name is taken as read: sending too much is
right, sending too little is not.
"""

from __future__ import annotations

import ast
import dis
import re
import warnings
from dataclasses import dataclass
from types import CodeType
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.pickler import names_used

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
# What IPython puts in place of names in the lines of `!` and of most magics.
_EXPANDED = re.compile(r"\$\$?(\w+)|\{([^{}]*)\}")
_PYTHON_MAGICS = {"time", "timeit", "prun", "capture", "memit", "mprun", "lprun"}
_INSPECTING = {"info", "info2", "def", "doc", "file", "source"}
_OPTIONS = re.compile(r"(?:\s*-\w+(?:\s+\d+\b)?)*\s*")


@dataclass(frozen=True)
class CellNames:
    """What a cell's code says of names.

    Attributes:
        reads: may be read before the cell has assigned them.
        assigns: may be assigned, imported or deleted.
        changes: objects that may be changed in place (``x[0] = 1``, ``x.a = 1``, ``x += 1``).
        open: whether it may assign names that the code doesn't show (``from m import *``).
        words: all its identifiers.
    """

    reads: frozenset[str]
    assigns: frozenset[str]
    changes: frozenset[str]
    open: bool
    words: frozenset[str]


def cell_names(code: str, transform: Callable[[str], str] = str) -> CellNames:
    """Work out a cell's names.

    Args:
        code: the cell as plain Python: magics are calls of ``get_ipython()``.
        transform: makes plain Python of a cell, for those inside ``%%time`` and its like.

    Raises:
        SyntaxError: it isn't Python.
    """
    flow = _Flow(transform)
    flow.run(code)
    words = _IDENTIFIER.findall(code)
    return CellNames(
        frozenset(flow.reads),
        frozenset(flow.assigns),
        frozenset(flow.changes),
        flow.open,
        frozenset(words),
    )


# Kinds of nodes that are followed alike.
_ALIKE = {
    **dict.fromkeys(["Attribute", "Subscript"], "_change"),
    **dict.fromkeys(["For", "AsyncFor"], "_for"),
    **dict.fromkeys(["With", "AsyncWith"], "_with"),
    **dict.fromkeys(["Try", "TryStar"], "_try"),
    **dict.fromkeys(["MatchAs", "MatchStar", "MatchMapping"], "_capture"),
    **dict.fromkeys(["Import", "ImportFrom"], "_import"),
    **dict.fromkeys(["Lambda", "ListComp", "SetComp", "DictComp", "GeneratorExp"], "_scope"),
    **dict.fromkeys(["FunctionDef", "AsyncFunctionDef", "ClassDef", "TypeAlias"], "_definition"),
}


class _Flow(ast.NodeVisitor):
    """Follows code in the order in which it runs."""

    def __init__(self, transform: Callable[[str], str]) -> None:
        self.reads: set[str] = set()
        self.assigns: set[str] = set()
        self.changes: set[str] = set()
        self.open = False
        self._sure: set[str] = set()  # assigned for certain, here
        self._transform = transform

    def visit(self, node: ast.AST) -> None:
        """Follow one node."""
        kind = type(node).__name__
        getattr(self, _ALIKE.get(kind, f"visit_{kind}"), self.generic_visit)(node)

    def run(self, code: str) -> None:
        """Follow a piece of Python."""
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(code)
        self._all(tree.body)

    def _all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _maybe(self, *nodes: ast.AST | None) -> set[str]:
        """Follow what may not run, or not to its end; return what it assigns if it does."""
        before = self._sure.copy()
        self._all(nodes)
        after, self._sure = self._sure, before
        return after

    def _read(self, names: Iterable[str]) -> None:
        self.reads |= set(names) - self._sure

    def _assign(self, name: str) -> None:
        self.assigns.add(name)
        self._sure.add(name)

    # Names

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._assign(node.id)
            return
        self._read([node.id])
        if isinstance(node.ctx, ast.Del):
            self.assigns.add(node.id)

    def _change(self, node: ast.Attribute | ast.Subscript) -> None:
        self.generic_visit(node)
        self.changes |= _changed(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._read(re.findall(r"@(\w+)", node.value))  # as DataFrame.query understands it

    # Expressions of which parts may not run

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit(node.values[0])
        self._maybe(*node.values[1:])

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self._sure = self._maybe(node.body) & self._maybe(node.orelse)

    def visit_Compare(self, node: ast.Compare) -> None:
        self._all([node.left, node.comparators[0]])
        self._maybe(*node.comparators[1:])

    # Statements, in the order in which their parts run

    def visit_Assign(self, node: ast.Assign) -> None:
        self._all([node.value, *node.targets])

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._all([node.value, node.target])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._read([node.target.id])
            self.changes.add(node.target.id)
            self._all([node.value, node.target])
        else:
            self._all([node.target, node.value])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        bare = node.value is None and isinstance(node.target, ast.Name)
        self._all([node.value, node.annotation, None if bare else node.target])

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            self._all([key, value])

    def visit_Assert(self, node: ast.Assert) -> None:
        self.visit(node.test)
        self._maybe(node.msg)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self._sure = self._maybe(*node.body) & self._maybe(*node.orelse)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._maybe(node.target, *node.body)
        self._maybe(*node.orelse)

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self._maybe(*node.body)
        self._maybe(*node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        first = node.items[0]
        self._all([first.context_expr, first.optional_vars])
        rest = [part for item in node.items[1:] for part in (item.context_expr, item.optional_vars)]
        self._maybe(*rest, *node.body)  # a context can swallow the exception that ends it

    def _try(self, node: Any) -> None:
        ends = [self._maybe(*node.body, *node.orelse)]
        ends += [self._maybe(handler) for handler in node.handlers]
        self._all(node.finalbody)
        self._sure |= set.intersection(*ends)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._all([node.type])
        if node.name:
            self._assign(node.name)
        self._all(node.body)

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        for case in node.cases:
            self._maybe(case)

    def _capture(self, node: ast.MatchAs | ast.MatchStar | ast.MatchMapping) -> None:
        self.generic_visit(node)
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name:
            self.assigns.add(name)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.open = True
            else:
                self._assign(alias.asname or alias.name.partition(".")[0])

    # What has a scope of its own: the compiler knows best

    def _scope(self, node: Any) -> None:
        body = node if isinstance(node, ast.stmt) else ast.copy_location(ast.Expr(node), node)
        module = ast.Module([body], [])
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        with warnings.catch_warnings(action="ignore"):  # they are given when the cell runs
            code = compile(module, "<cell>", "exec", flags=flags, dont_inherit=True)
        used = names_used(code)[0]
        stored = set(_stored(code, top=True))
        self._read(used)
        self.assigns |= stored
        for inner in ast.walk(node):
            self.changes |= _changed(inner) & (used | stored)
            if isinstance(inner, ast.Constant):
                self.visit_Constant(inner)

    def _definition(self, node: Any) -> None:
        self._scope(node)
        self._assign(node.name if isinstance(node.name, str) else node.name.id)

    # Magics

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        match node.func:
            case ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=attribute):
                words = [a.value for a in node.args if isinstance(a, ast.Constant)]
                self._magic(attribute, [str(word) for word in words])

    def _magic(self, kind: str, words: list[str]) -> None:
        name = words[0] if kind in {"run_line_magic", "run_cell_magic"} and words else ""
        texts = words[1:] if name else words
        if name == "run":
            self.open = True
        if name in _PYTHON_MAGICS and texts:
            code = _OPTIONS.sub("", texts[0], count=1) if kind == "run_line_magic" else texts[-1]
            if name == "capture":  # it takes the name of what it captures
                self.assigns |= set(_IDENTIFIER.findall(texts[0]))
            try:
                before = self._sure.copy()
                self.run(self._transform(code))
                if name != "time":
                    self._sure = before  # it runs elsewhere, or not at once
            except SyntaxError:
                self._read(_IDENTIFIER.findall(code))
            return
        if name.startswith("p") and name[1:] in _INSPECTING:
            self._read(_IDENTIFIER.findall(" ".join(texts)))
        for text in texts:
            for match in _EXPANDED.finditer(text):
                self._read(_IDENTIFIER.findall(match[1] or match[2] or ""))


def _changed(node: ast.AST) -> set[str]:
    """The name of the object that a store into an item or an attribute changes."""
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    if not isinstance(node, ast.Attribute | ast.Subscript) or isinstance(node.ctx, ast.Load):
        return set()
    root: ast.expr = node
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
    return {root.id} if isinstance(root, ast.Name) else set()


def _stored(code: CodeType, *, top: bool) -> Iterable[str]:
    """The globals that code assigns or deletes, also in functions inside it."""
    wanted = {"STORE_GLOBAL", "DELETE_GLOBAL"} | ({"STORE_NAME", "DELETE_NAME"} if top else set())
    yield from (step.argval for step in dis.get_instructions(code) if step.opname in wanted)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _stored(constant, top=False)
