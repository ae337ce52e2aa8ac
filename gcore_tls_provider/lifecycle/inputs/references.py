"""References: certificates of the resources that a listener or a pool refers to, for rules across resources.

A resource lists the resources that it refers to by role, in the part `references` of its hidden record:

| value of a role | when | meaning |
| --- | --- | --- |
| URN | from the program | content that the check of that resource has published, see `CertificateCache` |
| digest | saved | content that had this digest when the record was saved |
| PEM | saved, CAs only | the bundle itself: a program that moves to another CA drops the resource of the old one |
| empty text | both | only an ID is known |
| null | from the program | a text that is not known yet |

Rules that need an unknown value are skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from gcore_tls_provider.certificates import CaBundle, CrlBundle, MaterialError
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.rules.reload_effects import PublicCertificates
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.inputs.reference_cache import CertificateCache

ParsedT = TypeVar("ParsedT")

_URN: Final = "urn:"
_PEM: Final = "-----BEGIN "


@dataclass(frozen=True)
class Chains:
    """Certificate chains in one role.

    Attributes:
        known: Chains whose content is known.
        complete: These are all chains of the role.
    """

    known: tuple[CertificateChain, ...] = ()
    complete: bool = True


@dataclass(frozen=True)
class ReferencedCertificates:
    """Content of the resources that one resource refers to.

    Attributes:
        roles: References by role, from the hidden record.
        cache: Contents that checks of this run have published.
    """

    roles: Mapping[str, object]
    cache: CertificateCache

    @classmethod
    def of(cls, inputs: Mapping[str, object], cache: CertificateCache) -> ReferencedCertificates:
        """Return the references in a resource's inputs, from the program or as they were saved."""
        references = Record.of(inputs).references
        return cls(references if isinstance(references, Mapping) else {}, cache)

    def or_previous(self, previous: ReferencedCertificates) -> ReferencedCertificates:
        """Return the same with the previous values of roles whose resources were not checked in this run."""
        kept = {role: previous.roles.get(role, "") for role, value in self.roles.items() if self._is_unchecked(value)}
        return ReferencedCertificates({**self.roles, **kept}, self.cache)

    def to_save(self) -> object:
        """Return the roles as the record saves them; `UNKNOWN` while one is unknown, so that a saved plan fits."""
        if any(map(self._is_unknown, self.roles.values())):
            return UNKNOWN
        return {role: self._saved(value) for role, value in self.roles.items()}

    def chain(self, role: str) -> CertificateChain | None:
        """Return the chain in a role; None if there is none or it is unknown."""
        return self._chain(self.roles.get(role))

    def chains(self, role: str) -> Chains:
        """Return the chains in a role that can have several."""
        values = self.roles.get(role)
        if values is None:
            return Chains()
        if not isinstance(values, (list, tuple)):
            return Chains(complete=False)
        return _together([self._chain(each) for each in values])

    def ca(self) -> CaBundle | None:
        """Return the CA bundle; None if there is none or it is unknown."""
        found = self._found(self.roles.get("ca"))
        return found if isinstance(found, CaBundle) else None

    def crl(self) -> CrlBundle | None:
        """Return the CRLs; None if there are none or they are unknown."""
        found = self._found(self.roles.get("crl"))
        return found if isinstance(found, CrlBundle) else None

    def text(self, role: str) -> str | None:
        """Return a plain text among the references; None if it is absent or unknown."""
        value = self.roles.get(role)
        return value if isinstance(value, str) and value else None

    def _chain(self, value: object) -> CertificateChain | None:
        found = self._found(value)
        return found if isinstance(found, CertificateChain) else None

    def _found(self, value: object) -> PublicCertificates | None:
        if not isinstance(value, str) or not value:
            return None
        if value.startswith(_URN):
            cached = self.cache.of_resource(value)
            return None if cached is None else cached.material
        if value.startswith(_PEM):
            return _usable(lambda: CaBundle.parse(value))
        return self.cache.with_digest(value)

    def _saved(self, value: object) -> object:
        if isinstance(value, (list, tuple)):
            return [self._saved(each) for each in value]
        if not isinstance(value, str) or not value.startswith(_URN):
            return value
        cached = self.cache.of_resource(value)
        if cached is None:
            return ""
        return cached.material.to_pem() if isinstance(cached.material, CaBundle) else cached.digest

    def _is_unknown(self, value: object) -> bool:
        if isinstance(value, (list, tuple)):
            return any(map(self._is_unknown, value))
        return value is None or (isinstance(value, str) and self.cache.is_unknown(value))

    def _is_unchecked(self, value: object) -> bool:
        if isinstance(value, (list, tuple)):
            return any(map(self._is_unchecked, value))
        return isinstance(value, str) and value.startswith(_URN) and not self.cache.was_checked(value)


def chains(values: object) -> Chains:
    """Return the certificate chains in a list of PEM texts."""
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
    return _usable(lambda: CertificateChain.parse(value, property="references"))


def _usable(parse: Callable[[], ParsedT]) -> ParsedT | None:
    try:
        return parse()
    except MaterialError:
        # The check of its own resource reports the error.
        return None
