"""Arguments that several resources share, written once.

Constructors take them as `**shared: Unpack[...]`: type checkers reject wrong names and types, and editors complete
them and show the docstring below an argument when the cursor is on it. At run time, signatures and docstrings list
them one by one, so `help()`, `inspect.signature` and the reference are complete too.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import Final, TypeAlias

import pulumi
from typing_extensions import TypedDict

Material: TypeAlias = str | bytes
"""Certificate material: PEM text, base64 text, or the bytes of a file. `from_file` reads one."""


class LocationArgs(TypedDict, total=False):
    """Location of an object at Gcore: account, project and region."""

    provider_config: pulumi.Input[str] | None
    """Namespace of the stack's configuration that holds account, key, project and region; default `gcore`.

    With `gcore-eu`, the keys are `gcore-eu:apiKey`, `gcore-eu:projectId` and so on. Environment variables apply to the
    namespace `gcore` only. Another account replaces the object: the new one is created before the old one is deleted.
    """
    project_id: pulumi.Input[int] | None
    """Number of the project; default: `projectId` of the provider config. Another project replaces the object."""
    region_id: pulumi.Input[int] | None
    """Number of the region; default: `regionId` of the provider config. Another region replaces the object."""


class ObjectArgs(LocationArgs, total=False):
    """Location and identity of an object at Gcore."""

    name: pulumi.Input[str] | None
    """Exact name at Gcore. Load balancers, listeners and pools have 3 to 63 characters.

    By default, the name is computed from the resource's name, its URN and its stack, and is unique for each create
    attempt. An object that an interrupted run created with an exact name is not recognized as an orphan.
    """
    existing_id: pulumi.Input[str] | None
    """ID of an existing object to manage from now on, instead of creating one; the preview shows what changes.

    The object keeps its name. Once it is managed, the argument has no effect and can be removed. Another ID replaces
    the object: the previously managed one is deleted.
    """


class ValidatedObjectArgs(ObjectArgs, total=False):
    """Arguments of an object whose certificates are validated."""

    accept_findings: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None
    """Errors to accept: a reason for each finding code, the code being the word in the error's brackets.

    An accepted error becomes a warning that shows the reason. Unreadable material, a key that does not match its
    certificate, and anything that Gcore rejects cannot be accepted.
    """


class CertificateArgs(ValidatedObjectArgs, total=False):
    """Arguments of certificates."""

    expiry_warning_days: pulumi.Input[int] | None
    """Number of days before a certificate expires from which each preview warns, 0 to 3650; default 30."""


class IdentityMaterialArgs(TypedDict, total=False):
    """Material of a certificate with its private key: as PEM, or as a PKCS12 file."""

    certificate: pulumi.Input[Material] | None
    """Certificate in PEM, which its chain can follow, or in DER."""
    private_key: pulumi.Input[Material] | None
    """RSA or EC private key in PEM or DER."""
    certificate_chain: pulumi.Input[Material] | None
    """Intermediate certificates that `certificate` does not contain, in PEM."""
    private_key_passphrase: pulumi.Input[str] | None
    """Passphrase of an encrypted private key."""
    pkcs12: pulumi.Input[Material] | None
    """PKCS12 file, instead of the four arguments above."""
    pkcs12_password: pulumi.Input[str] | None
    """Password of the PKCS12 file."""


class IdentityArgs(IdentityMaterialArgs, CertificateArgs, total=False):
    """Arguments of certificates with a private key."""


BLOCKS: Final = {
    each.__name__: each for each in (LocationArgs, ObjectArgs, ValidatedObjectArgs, CertificateArgs, IdentityArgs)
}
"""The shared blocks by name."""

_UNPACKED: Final = re.compile(r"Unpack\[(\w+)\]")


_DESCRIPTION: Final = re.compile(r"^( *)\*\*shared: .*\n(?:\1 +.*\n)*", re.MULTILINE)
"""The entry of `**shared` in a docstring."""


def expand_shared(function: Callable[..., object]) -> type | None:
    """List the arguments of a function's block one by one in its signature and docstring.

    Returns:
        The block that the function takes as `**shared`; None if it takes none.
    """
    found = _UNPACKED.fullmatch(str(function.__annotations__.get("shared", "")))
    if found is None:
        return None
    block = BLOCKS[found[1]]
    signature = inspect.signature(function)
    given = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    shared = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=getattr(type_, "__forward_arg__", type_)
        )
        for name, type_ in block.__annotations__.items()
    ]
    # `opts` is the last argument of every Pulumi resource.
    last = [each for each in given if each.name == "opts" and each.kind is inspect.Parameter.KEYWORD_ONLY]
    first = [each for each in given if each not in last]
    vars(function)["__signature__"] = signature.replace(parameters=[*first, *shared, *last])
    if function.__doc__:  # Python's option -OO removes all docstrings.
        function.__doc__ = _DESCRIPTION.sub(lambda entry: _described(block, entry[1]), function.__doc__)
    return block


def _described(block: type, indent: str) -> str:
    texts = _attribute_docstrings()
    lines: list[str] = []
    for name in block.__annotations__:
        first, *rest = (texts.get(name) or f"See `{block.__name__}`.").splitlines()
        lines += [f"{indent}{name}: {first}", *(f"{indent}    {each}" if each else "" for each in rest)]
    return "\n".join(lines) + "\n"


@cache
def _attribute_docstrings() -> Mapping[str, str]:
    """Return the docstrings below this module's arguments, which Python does not keep."""
    found: dict[str, str] = {}
    try:
        source = inspect.getsource(sys.modules[__name__])
    except OSError:
        # A frozen or zipped installation has no source files.
        return found
    for each in ast.parse(source).body:
        body = each.body if isinstance(each, ast.ClassDef) else []
        for argument, text in pairwise(body):
            if (
                isinstance(argument, ast.AnnAssign)
                and isinstance(argument.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                found[argument.target.id] = inspect.cleandoc(str(text.value.value))
    return found


def reject_unknown(name: str, block: type | None, given: Mapping[str, object]) -> None:
    """Raise Python's error for a wrong argument name.

    Args:
        name: Name of the function or class that was called.
        block: Block of shared arguments that it takes.
        given: Arguments that it got in the place of the block.

    Raises:
        TypeError: The block has no such argument.
    """
    unknown = given.keys() - (set() if block is None else block.__annotations__.keys())
    if unknown:
        raise TypeError(f"{name}() got an unexpected keyword argument '{min(unknown)}'")
