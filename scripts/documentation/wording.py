"""Texts in source code: what an expression says, as far as the source shows it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

FILLED_IN: Final = "…"
"""Stands for what differs from time to time."""

_WORDINGS: Final = 6
"""How many wordings of one text are told apart; what has more of them is taken for filled in."""

_DEPTH: Final = 6
"""How many names are followed, one after the other, to what they stand for."""

Names = Mapping[str, Sequence[ast.expr]]
"""What names stand for, by the branches of the code."""


@dataclass(frozen=True)
class Scope:
    """A function, or what stands outside of functions.

    Attributes:
        body: its statements.
    """

    body: Sequence[ast.stmt]

    @property
    def nodes(self) -> Iterator[ast.AST]:
        """Everything in it."""
        for statement in self.body:
            yield from ast.walk(statement)

    def branches(self, place: ast.expr) -> Sequence[Names]:
        """What names stand for at a place in it, one branch of the code after the other.

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
        """What names stand for at a place: what the last statement that assigns them says, in all its branches."""
        found: dict[str, Sequence[ast.expr]] = {}
        for statement in self.body:
            if statement.lineno > place.lineno:
                break
            found |= _assigned(statement, place.lineno)
        return found


def scopes(tree: ast.Module) -> Sequence[Scope]:
    """The functions and methods of a module, those inside of others in them, and all that isn't in one."""
    outside: list[ast.stmt] = []
    found: list[Scope] = []
    for node in tree.body:
        for part in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(part, ast.FunctionDef):
                found.append(Scope([*_of_parameters(part), *part.body]))
            else:
                outside.append(part)
    return [*found, Scope(outside)]


def texts(expression: ast.expr, names: Names, depth: int = 0) -> Sequence[str]:
    """What an expression can be as a text, with an ellipsis for what isn't written in the source.

    Args:
        expression: any expression.
        names: what the names in it stand for.
        depth: how many steps it is away from the expression that was asked for.
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
    """The function without its body: its defaults are looked at too."""
    return [ast.FunctionDef(**{**vars(function), "body": [ast.Pass(lineno=function.lineno)]})]


def _assigned(statement: ast.stmt, before: int) -> Names:
    found: defaultdict[str, list[ast.expr]] = defaultdict(list)
    for node in ast.walk(statement):
        if isinstance(node, ast.Assign) and node.lineno < before:
            for target in node.targets:
                for name, value in _pairs(target, node.value):
                    found[name].append(value)
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
