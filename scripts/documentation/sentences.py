"""Messages of the package, read from its source: each sentence, its code, its remedy.

Source composes sentences with f-strings; an ellipsis stands for each inserted value.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

from documentation.wording import FILLED_IN, Names, Scope, scopes, texts

ROOT: Final = Path(__file__).resolve().parents[2]

_PACKAGES: Final = ("gcore_tls_provider", "components/gcore_tls_components")
_OTHER_PROGRAMS: Final = tuple(f"gcore_tls_provider/{each}" for each in ("cli",))
"""Packages whose messages appear in a terminal of their own."""

_COMPOSED: Final = re.compile(r"\w+: (?P<sentence>.+) \[(?P<code>[A-Z0-9_]+)\]\.?")
"""Pattern of a finding as a preview prints it."""


@dataclass(frozen=True)
class Said:
    """Message.

    Attributes:
        sentence: What is wrong.
        remedy: What to do; empty if the sentence contains it, or if it depends on the case.
    """

    sentence: str
    remedy: str = ""


@dataclass(frozen=True)
class Module:
    """Code of one module.

    Attributes:
        scopes: Its functions, and the code outside of them.
        composers: Functions and classes that create findings, with the names of their parameters.
    """

    scopes: Sequence[Scope]
    composers: Mapping[str, Sequence[str]]


def of_findings(codes: Collection[str]) -> Mapping[str, Sequence[Said]]:
    """Return the messages of each code.

    Args:
        codes: Codes to look for.
    """
    found: defaultdict[str, list[Said]] = defaultdict(list)
    modules = _modules()
    prefixes = list(dict.fromkeys(_code_prefixes(modules)))
    for module in modules:
        for scope in module.scopes:
            for node in scope.nodes:
                if isinstance(node, ast.Call):
                    given = _bound(node, module.composers)
                    for names in scope.branches(node) if {"code", "sentence"} <= given.keys() else ():
                        said = list(_said(given["sentence"], given.get("remedy"), names))
                        for code in _codes(given["code"], names, prefixes):
                            found[code] += said
                if isinstance(node, ast.JoinedStr) and (match := _COMPOSED.fullmatch(texts(node, {})[0])):
                    found[match["code"]].append(Said(match["sentence"]))
    return {code: _unique(found[code]) for code in sorted(found) if code in codes}


def of_errors(kinds: Collection[str]) -> Mapping[str, Sequence[Said]]:
    """Return the messages of each class of error; the last of three parts is the remedy.

    Args:
        kinds: Names of the classes.
    """
    found: defaultdict[str, list[Said]] = defaultdict(list)
    for module in _modules():
        for scope in module.scopes:
            for node in scope.nodes:
                if isinstance(node, ast.Call) and _called(node) in kinds and node.args:
                    for names in scope.branches(node):
                        found[_called(node)] += _of_error(node.args, names)
                if isinstance(node, ast.Call) and _called(node) == "set_partial":
                    for names in scope.branches(node):
                        found["ApiError"] += _of_error([ast.Constant(FILLED_IN), *node.args[1:]], names)
    return {kind: _unique(found[kind]) for kind in sorted(found)}


def of_warnings() -> Sequence[Said]:
    """Return the warnings on resources."""
    return _unique(
        Said(_sentence(text))
        for module in _modules()
        for scope in module.scopes
        for node in scope.nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "warn"
        for names in scope.branches(node)
        for text in texts(node.args[-1], names)
        if _says_something(text)
    )


def _modules() -> Sequence[Module]:
    trees = [
        ast.parse(path.read_text(), str(path))
        for package in _PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if not str(path.relative_to(ROOT)).startswith(_OTHER_PROGRAMS)
    ]
    # `dataclasses.replace` takes the parts of a finding by name.
    shared: dict[str, Sequence[str]] = {"replace": ("finding",)}
    for tree in trees:
        shared |= {name: each for name, each in _composers(tree).items() if not name.startswith("_")}
    return [Module(scopes(tree), {**shared, **_composers(tree)}) for tree in trees]


def _composers(tree: ast.Module) -> Mapping[str, Sequence[str]]:
    found: dict[str, Sequence[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = [each.arg for each in (*node.args.args, *node.args.kwonlyargs)]
        elif isinstance(node, ast.ClassDef):
            fields = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
            found[node.name] = [each.id for each in fields if isinstance(each, ast.Name)]
    return {name: parameters for name, parameters in found.items() if {"code", "sentence"} <= set(parameters)}


def _code_prefixes(modules: Sequence[Module]) -> Iterator[str]:
    """Yield the prefixes of codes such as `_EXPIRED`, which the rules of validity use for all certificates."""
    for module in modules:
        for scope in module.scopes:
            for node in scope.nodes:
                if isinstance(node, ast.keyword) and node.arg == "code_prefix":
                    yield from texts(node.value, {})
                if isinstance(node, ast.FunctionDef):
                    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
                        if argument.arg == "code_prefix" and default is not None:
                            yield from texts(default, {})


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _bound(call: ast.Call, composers: Mapping[str, Sequence[str]]) -> Mapping[str, ast.expr]:
    """Return the arguments of a call by name; none if it creates no finding."""
    parameters = composers.get(_called(call))
    if parameters is None:
        return {}
    given = dict(zip(parameters, call.args, strict=False))
    return given | {each.arg: each.value for each in call.keywords if each.arg is not None}


def _codes(expression: ast.expr, names: Names, prefixes: Iterable[str]) -> Iterator[str]:
    for text in texts(expression, names):
        if text.startswith(FILLED_IN):
            yield from (text.replace(FILLED_IN, prefix, 1) for prefix in prefixes)
        else:
            yield text


def _said(sentence: ast.expr, remedy: ast.expr | None, names: Names) -> Iterator[Said]:
    remedies = [""] if remedy is None else texts(remedy, names)
    for text, what in product(texts(sentence, names), remedies):
        if _says_something(text):
            yield Said(_sentence(text), _sentence(what) if _says_something(what) else "")


def _of_error(arguments: Sequence[ast.expr], names: Names) -> Iterator[Said]:
    *parts, remedy = arguments if len(arguments) == 3 else (arguments[0], ast.Constant(""))
    for each in product(*(texts(part, names) for part in parts)):
        if _says_something(each[-1]):
            for what in texts(remedy, names):
                yield Said(_sentence(": ".join(each)), _sentence(what))


def _says_something(text: str) -> bool:
    """Return whether a text has words, and not only inserted values."""
    return sum(character.isalpha() for character in text) > 3


def _sentence(text: str) -> str:
    """Return a text with single blanks, a period, and one ellipsis for adjacent inserted values."""
    folded = " ".join(text.split())
    folded = re.sub(rf"{FILLED_IN}( ?'?{FILLED_IN}'?)+", FILLED_IN, folded)
    return f"{folded}." if folded and folded[-1] not in ".?" else folded


def _unique(found: Iterable[Said]) -> Sequence[Said]:
    return list(dict.fromkeys(found))
