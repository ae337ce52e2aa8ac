"""The names that a certificate answers to, and whether a host name is one of them.

There are three answers, because three parties look at names:

- HAProxy chooses a listener's certificate by the name that a client asks for (SNI): `covers`.
- HAProxy checks the names of a backend's certificate: `backend_covers`. It takes `a*.example` too.
- Clients check the names of the certificate that HAProxy has chosen: `clients_accept`.

All of them ignore case, and take `*.example` for exactly one label. `cryptography`'s verifier matches names as a part
of verifying a whole path, for DNS names of the subject alternative name only: it answers none of the three alone, and
HAProxy looks at common names too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from gcore_tls_provider.certificates.facts import shortened, shown_name

_HOST_NAME: Final = re.compile(r"[a-z0-9_*.-]+")


def name_of(certificate: x509.Certificate) -> str:
    """Return a certificate's name for messages: its subject or, if that is empty, its first DNS name or serial number.

    Newer certificates of public authorities have an empty subject. It is cut where it is very long.
    """
    if certificate.subject:
        return shown_name(certificate.subject)
    return shortened(next(iter(dns_names_of(certificate)), f"serial number {serial_of(certificate)}"))


def serial_of(certificate: x509.Certificate) -> str:
    """Return a certificate's serial number as a sentence shows it: lower hexadecimal, cut where it is very long."""
    return shortened(f"{certificate.serial_number:x}")


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """All names that a certificate answers to in HAProxy: DNS names and common names, lower case, without repetitions.

    A wildcard is a name: `*.example.com`. A common name that can't be a host name, such as a person's, is left out.
    """
    common_names = (name.lower() for name in common_names_of(certificate))
    host_names = (name for name in common_names if _HOST_NAME.fullmatch(name) and address_of(name) is None)
    return tuple(dict.fromkeys([*dns_names_of(certificate), *host_names]))


def common_names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the common names of the subject as they are; most certificates have one."""
    return tuple(str(entry.value) for entry in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME))


def dns_names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the DNS names of the subject alternative name, lower case, without repetitions."""
    alternative_names = _alternative_names(certificate)
    names = [] if alternative_names is None else alternative_names.get_values_for_type(x509.DNSName)
    return tuple(dict.fromkeys(name.lower() for name in names))


def client_names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the names that clients of a server with this certificate use, as far as it says them: its DNS names.

    Clients look at a common name only where there are no DNS names (RFC 6125, section 6.4.4), and many a common name
    beside them is a service's title.
    """
    return dns_names_of(certificate) or names_of(certificate)


def covers(certificate: x509.Certificate, host_name: str) -> bool:
    """Return whether HAProxy chooses this certificate of a listener for clients that ask for `host_name`.

    Args:
        certificate: its DNS names and common names count alike.
        host_name: as a client sends it, without a final dot. A wildcard is covered by the same wildcard.
    """
    return any(_is_covered(host_name.lower(), name) for name in names_of(certificate))


def backend_covers(certificate: x509.Certificate, host_name: str) -> bool:
    """Return whether HAProxy accepts this certificate of a backend where its own client has asked for `host_name`."""
    return not names_not_covered(certificate, [host_name])


def names_not_covered(certificate: x509.Certificate, host_names: Iterable[str]) -> tuple[str, ...]:
    """Those of `host_names` for which HAProxy refuses this certificate of a backend.

    As `covers`, and a wildcard may be any part of the first label: `a*.example.com` (RFC 6125, section 6.4.3).
    """
    names = frozenset(names_of(certificate))
    # Hardly any certificate has such a name; the others are looked up, for there can be tens of thousands.
    partial = [name for name in names if "*" in name and not name.startswith("*.")]
    return tuple(
        each
        for each in host_names
        if not _is_among(each.lower(), names) and not any(_is_covered_by_part(each.lower(), name) for name in partial)
    )


def clients_accept(certificate: x509.Certificate, host_name: str) -> bool:
    """Return whether clients that want to speak to `host_name` take this certificate as the server's.

    The common name counts only where there are no DNS names, as RFC 6125, section 6.4.4, allows; newer clients, those
    of RFC 9525, don't even look at it then.

    Args:
        certificate: the server's.
        host_name: a DNS name, or an IP address, which only an IP address of the subject alternative name covers.
    """
    address = address_of(host_name)
    if address is not None:
        alternative_names = _alternative_names(certificate)
        return alternative_names is not None and address in alternative_names.get_values_for_type(x509.IPAddress)
    return any(_is_covered(host_name.lower(), name) for name in client_names_of(certificate))


def address_of(host_name: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that clients use in place of a name; they ask for no name then. None for a name."""
    try:
        return ip_address(host_name)
    except ValueError:
        return None


def _is_covered(host_name: str, name: str) -> bool:
    _, dot, rest = host_name.partition(".")
    return name == host_name or (bool(dot) and name == f"*.{rest}")


def _is_among(host_name: str, names: frozenset[str]) -> bool:
    _, dot, rest = host_name.partition(".")
    return host_name in names or (bool(dot) and f"*.{rest}" in names)


def _is_covered_by_part(host_name: str, name: str) -> bool:
    pattern, dot, rest = name.partition(".")
    label, _, host_rest = host_name.partition(".")
    if not dot or rest != host_rest or pattern.count("*") != 1:
        return False
    before, _, after = pattern.partition("*")
    return len(label) >= len(before) + len(after) and label.startswith(before) and label.endswith(after)


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
