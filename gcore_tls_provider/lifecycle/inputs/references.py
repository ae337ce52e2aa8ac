"""The public material of what a listener or a pool refers to: how rules across the graph see it.

A resource of this package says which resources it refers to, by their roles, as the internal input `MATERIAL`:

| a role's value | when | means |
| --- | --- | --- |
| a URN | as the program says it | what the process has seen there, see `SeenMaterial` |
| a digest | saved | the material that had this digest when the input was saved |
| PEM | saved, authorities only | itself: a program that moves to another authority drops the resource of the old one |
| an empty text | both | only an id is known |
| null | as the program says it | a text that isn't known yet |

What isn't known hides the rules that need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from gcore_tls_provider.certificates import CaBundle, MaterialError, RevocationLists
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.rules.reload_effects import PublicMaterial
from gcore_tls_provider.hidden_inputs import MATERIAL, from_json, to_json
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN
from gcore_tls_provider.lifecycle.inputs.reference_cache import CertificateCache

ParsedT = TypeVar("ParsedT")

_URN: Final = "urn:"
_PEM: Final = "-----BEGIN "


@dataclass(frozen=True)
class Chains:
    """Certificates of one role.

    Attributes:
        known: those whose material is known.
        complete: whether these are all of them.
    """

    known: tuple[CertificateChain, ...] = ()
    complete: bool = True


@dataclass(frozen=True)
class ReferencedCertificates:
    """What is known beyond ids.

    Attributes:
        roles: the internal input.
        seen: what the process has checked.
    """

    roles: Mapping[str, object]
    seen: CertificateCache

    @classmethod
    def of(cls, inputs: Mapping[str, object], seen: CertificateCache) -> ReferencedCertificates:
        """The material in a resource's inputs, as the program says them or as they were saved."""
        return cls(from_json(inputs.get(MATERIAL)), seen)

    def or_else(self, before: ReferencedCertificates) -> ReferencedCertificates:
        """The same, with what was there before in the roles whose resources weren't checked, as they aren't targets."""
        former = {role: before.roles.get(role, "") for role, value in self.roles.items() if self._is_unchecked(value)}
        return ReferencedCertificates({**self.roles, **former}, self.seen)

    def saved(self) -> object:
        """The roles as they are saved; `UNKNOWN` as long as one of them is, so that a plan fits what is saved then."""
        if any(map(self._is_unknown, self.roles.values())):
            return UNKNOWN
        return to_json({role: self._saved(value) for role, value in self.roles.items()})

    def chain(self, role: str) -> CertificateChain | None:
        """The certificate in a role; None where there is none, or nobody knows it."""
        return self._chain(self.roles.get(role))

    def chains(self, role: str) -> Chains:
        """The certificates in a role that several can have."""
        values = self.roles.get(role)
        if values is None:
            return Chains()
        if not isinstance(values, (list, tuple)):
            return Chains(complete=False)
        return _together([self._chain(each) for each in values])

    def ca(self) -> CaBundle | None:
        """The certificate authorities."""
        found = self._found(self.roles.get("ca"))
        return found if isinstance(found, CaBundle) else None

    def crl(self) -> RevocationLists | None:
        """The revocation lists."""
        found = self._found(self.roles.get("crl"))
        return found if isinstance(found, RevocationLists) else None

    def text(self, role: str) -> str | None:
        """A plain text that goes with the material."""
        value = self.roles.get(role)
        return value if isinstance(value, str) and value else None

    def _chain(self, value: object) -> CertificateChain | None:
        found = self._found(value)
        return found if isinstance(found, CertificateChain) else None

    def _found(self, value: object) -> PublicMaterial | None:
        if not isinstance(value, str) or not value:
            return None
        if value.startswith(_URN):
            held = self.seen.of_resource(value)
            return None if held is None else held.material
        if value.startswith(_PEM):
            return _usable(lambda: CaBundle.parse(value))
        return self.seen.with_digest(value)

    def _saved(self, value: object) -> object:
        if isinstance(value, (list, tuple)):
            return [self._saved(each) for each in value]
        if not isinstance(value, str) or not value.startswith(_URN):
            return value
        held = self.seen.of_resource(value)
        if held is None:
            return ""
        return held.material.to_pem() if isinstance(held.material, CaBundle) else held.digest

    def _is_unknown(self, value: object) -> bool:
        if isinstance(value, (list, tuple)):
            return any(map(self._is_unknown, value))
        return value is None or (isinstance(value, str) and self.seen.is_unknown(value))

    def _is_unchecked(self, value: object) -> bool:
        if isinstance(value, (list, tuple)):
            return any(map(self._is_unchecked, value))
        return isinstance(value, str) and value.startswith(_URN) and not self.seen.was_checked(value)


def chains(values: object) -> Chains:
    """The certificates in a list of PEM texts."""
    if values is None:
        return Chains()
    if not isinstance(values, (list, tuple)):
        return Chains(complete=False)
    return _together([_parsed(each) for each in values])


def _together(found: Iterable[CertificateChain | None]) -> Chains:
    each = tuple(found)
    return Chains(tuple(one for one in each if one is not None), None not in each)


def _parsed(value: object) -> CertificateChain | None:
    if not isinstance(value, str) or not value:
        return None
    return _usable(lambda: CertificateChain.parse(value, property=MATERIAL))


def _usable(parse: Callable[[], ParsedT]) -> ParsedT | None:
    try:
        return parse()
    except MaterialError:
        # Its own resource says what is wrong with it.
        return None
