"""The public material of what a listener or a pool refers to: how rules across the graph see it.

A resource of this package that refers to another one hands over that one's certificates, never a key, as an internal
input `MATERIAL`. What is only an id, or isn't known yet, hides the rules that need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from gcore_tls_provider.certificates import CaBundle, MaterialError, RevocationLists
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.internal import MATERIAL

ParsedT = TypeVar("ParsedT")


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
class PublicMaterial:
    """What is known beyond ids.

    Attributes:
        properties: the internal input.
    """

    properties: Mapping[str, object]

    @classmethod
    def of(cls, inputs: Mapping[str, object]) -> PublicMaterial:
        """The material in a resource's inputs."""
        given = inputs.get(MATERIAL)
        return cls(given if isinstance(given, Mapping) else {})

    def chain(self, role: str) -> CertificateChain | None:
        """The certificate in a role; None where there is none, or nobody knows it."""
        return _chain(self.properties.get(role))

    def chains(self, role: str) -> Chains:
        """The certificates in a role that several can have."""
        return chains(self.properties.get(role))

    def ca(self) -> CaBundle | None:
        """The certificate authorities."""
        material = self._text("ca")
        return None if material is None else _usable(lambda: CaBundle.parse(material))

    def crl(self) -> RevocationLists | None:
        """The revocation lists."""
        material = self._text("crl")
        return None if material is None else _usable(lambda: RevocationLists.parse(material))

    def text(self, role: str) -> str | None:
        """A plain text that goes with the material."""
        return self._text(role)

    def _text(self, role: str) -> str | None:
        value = self.properties.get(role)
        return value if isinstance(value, str) and value else None


def chains(values: object) -> Chains:
    """The certificates in a list of PEM texts."""
    if values is None:
        return Chains()
    if not isinstance(values, (list, tuple)):
        return Chains(complete=False)
    parsed = [_chain(each) for each in values]
    return Chains(tuple(_known(parsed)), None not in parsed)


def _known(parsed: Iterable[CertificateChain | None]) -> Iterable[CertificateChain]:
    return (each for each in parsed if each is not None)


def _chain(value: object) -> CertificateChain | None:
    if not isinstance(value, str) or not value:
        return None
    return _usable(lambda: CertificateChain.parse(value, property=MATERIAL))


def _usable(parse: Callable[[], ParsedT]) -> ParsedT | None:
    try:
        return parse()
    except MaterialError:
        # Its own resource says what is wrong with it.
        return None
