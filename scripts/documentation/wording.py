"""Texts in source code: the values that an expression can have."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

FILLED_IN: Final = "…"
"""Text for an inserted value."""

_WORDINGS: Final = 6
"""Largest number of variants of one text; a text with more counts as inserted."""

_DEPTH: Final = 6
"""Largest number of names that are resolved one after the other."""

Names = Mapping[str, Sequence[ast.expr]]
"""Values of names, one for each branch of the code."""


@dataclass(frozen=True)
class Scope:
    """Function, or the code outside of functions.

    Attributes:
        body: Its statements.
    """

    body: Sequence[ast.stmt]

    @property
    def nodes(self) -> Iterator[ast.AST]:
        """All nodes."""
        for statement in self.body:
            yield from ast.walk(statement)

    def branches(self, place: ast.expr) -> Sequence[Names]:
        """Return the values of names at a place, for each branch of the code.

        Names that an `if` gives as many values as it has branches belong together.
        """
        names = self._before(place)
        used = {each.id for each in ast.walk(place) if isinstance(each, ast.Name)} & names.keys()
        most = max((len(names[name]) for name in used), default=1)
        return [
            {name: [values[index]] if len(values) == most else values for name, values in names.items()}
            for index in range(most)
        ]

    def _before(self, place: ast.expr) -> Names:
        """Return the values of names at a place: those of the last assignment, in all its branches."""
        found: dict[str, Sequence[ast.expr]] = {}
        for statement in self.body:
            if statement.lineno > place.lineno:
                break
            found |= _assigned(statement, place.lineno)
        return found


def scopes(tree: ast.Module) -> Sequence[Scope]:
    """Return the functions and methods of a module, and the code outside of them."""
    outside: list[ast.stmt] = []
    found: list[Scope] = []
    constants = [node for node in tree.body if isinstance(node, ast.AnnAssign)]
    for node in tree.body:
        for part in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(part, ast.FunctionDef):
                found.append(Scope([*constants, *_of_parameters(part), *part.body]))
            else:
                outside.append(part)
    return [*found, Scope(outside)]


def texts(expression: ast.expr, names: Names, depth: int = 0) -> Sequence[str]:
    """Return the texts that an expression can have, with an ellipsis for inserted values.

    Args:
        expression: Any expression.
        names: Values of the names in it.
        depth: Number of steps from the first expression.
    """
    if isinstance(expression, ast.Constant):
        return [str(expression.value)]
    if depth >= _DEPTH:
        return [FILLED_IN]
    if isinstance(expression, ast.FormattedValue):
        return texts(expression.value, names, depth)
    if isinstance(expression, ast.JoinedStr):
        return _joined([texts(part, names, depth + 1) for part in expression.values])
    if isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.Add):
        return _joined([texts(part, names, depth + 1) for part in (expression.left, expression.right)])
    if isinstance(expression, ast.IfExp):
        return [text for part in (expression.body, expression.orelse) for text in texts(part, names, depth + 1)]
    if isinstance(expression, ast.Name) and expression.id in names:
        values = names[expression.id]
        return list(dict.fromkeys(text for value in values for text in texts(value, names, depth + 1)))[:_WORDINGS]
    return [FILLED_IN]


def _of_parameters(function: ast.FunctionDef) -> Sequence[ast.stmt]:
    """Return the function without its body, for its defaults."""
    return [ast.FunctionDef(**{**vars(function), "body": [ast.Pass(lineno=function.lineno)]})]


def _assigned(statement: ast.stmt, before: int) -> Names:
    found: defaultdict[str, list[ast.expr]] = defaultdict(list)
    for node in ast.walk(statement):
        if isinstance(node, ast.Assign) and node.lineno < before:
            for target in node.targets:
                for name, value in _pairs(target, node.value):
                    found[name].append(value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id].append(node.value)
    return found


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, other in zip(target.elts, value.elts, strict=False):
            yield from _pairs(one, other)


def _joined(parts: Sequence[Sequence[str]]) -> Sequence[str]:
    wordings = 1
    for part in parts:
        wordings *= len(part)
    if wordings > _WORDINGS:
        parts = [part if len(part) == 1 else [FILLED_IN] for part in parts]
    return ["".join(each) for each in product(*parts)]
