"""Names of a certificate, and whether they cover a host name.

There are three functions, because three programs compare names:

- HAProxy selects a listener's certificate by the name that a client asks for (SNI): `covers`.
- HAProxy checks the names of a backend's certificate: `backend_covers`. It accepts `a*.example` too.
- Clients check the names of the certificate that HAProxy has selected: `clients_accept`.

All of them ignore case, and `*.example` matches exactly one label. The verifier of `cryptography` matches names only
while it verifies a whole path, and only DNS names of the subject alternative name. HAProxy uses common names too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from gcore_tls_provider.certificates.facts import display_name, shorten

_HOST_NAME: Final = re.compile(r"[a-z0-9_*.-]+")


def name_of(certificate: x509.Certificate) -> str:
    """Return a certificate's name for messages: its subject or, if that is empty, its first DNS name or serial number.

    Newer certificates of public CAs have an empty subject. A very long name is shortened.
    """
    if certificate.subject:
        return display_name(certificate.subject)
    return shorten(next(iter(dns_names_of(certificate)), f"serial number {serial_of(certificate)}"))


def serial_of(certificate: x509.Certificate) -> str:
    """Return a certificate's serial number for messages: in lower-case hexadecimal, shortened if it is very long."""
    return shorten(f"{certificate.serial_number:x}")


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the names by which HAProxy selects a certificate: DNS names and common names, in lower case, each once.

    A wildcard is a name: `*.example.com`. A common name that cannot be a host name, such as a person's, is omitted.
    """
    common_names = (name.lower() for name in common_names_of(certificate))
    host_names = (name for name in common_names if _HOST_NAME.fullmatch(name) and address_of(name) is None)
    return tuple(dict.fromkeys([*dns_names_of(certificate), *host_names]))


def common_names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the common names of the subject, unchanged; most certificates have one."""
    return tuple(str(entry.value) for entry in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME))


def dns_names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the DNS names of the subject alternative name, in lower case, each once."""
    alternative_names = _alternative_names(certificate)
    names = [] if alternative_names is None else alternative_names.get_values_for_type(x509.DNSName)
    return tuple(dict.fromkeys(name.lower() for name in names))


def client_names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the names that clients of a server with this certificate probably use: its DNS names.

    Clients use a common name only where there are no DNS names (RFC 6125, section 6.4.4), and a common name next to
    DNS names is often the title of a service.
    """
    return dns_names_of(certificate) or names_of(certificate)


def covers(certificate: x509.Certificate, host_name: str) -> bool:
    """Return whether HAProxy selects this certificate of a listener for clients that ask for `host_name`.

    Args:
        certificate: Certificate whose DNS names and common names are compared.
        host_name: Name as a client sends it, without a final dot. A wildcard is covered by the same wildcard.
    """
    return any(_is_covered(host_name.lower(), name) for name in names_of(certificate))


def backend_covers(certificate: x509.Certificate, host_name: str) -> bool:
    """Return whether HAProxy accepts this certificate of a backend if its own client has asked for `host_name`."""
    return not names_not_covered(certificate, [host_name])


def names_not_covered(certificate: x509.Certificate, host_names: Iterable[str]) -> tuple[str, ...]:
    """Return those of `host_names` for which HAProxy rejects this certificate of a backend.

    Names match as in `covers`, and a wildcard can be any part of the first label: `a*.example.com` (RFC 6125, section
    6.4.3).
    """
    names = frozenset(names_of(certificate))
    # Few certificates have such a name. The others are looked up in a set, because there can be tens of thousands.
    partial = [name for name in names if "*" in name and not name.startswith("*.")]
    return tuple(
        each
        for each in host_names
        if not _is_among(each.lower(), names) and not any(_is_covered_by_part(each.lower(), name) for name in partial)
    )


def clients_accept(certificate: x509.Certificate, host_name: str) -> bool:
    """Return whether clients that connect to `host_name` accept this certificate of a server.

    The common name counts only where there are no DNS names, as RFC 6125, section 6.4.4, allows; newer clients, those
    of RFC 9525, ignore it even then.

    Args:
        certificate: Certificate of the server.
        host_name: DNS name, or an IP address, which only an IP address of the subject alternative name covers.
    """
    address = address_of(host_name)
    if address is not None:
        alternative_names = _alternative_names(certificate)
        return alternative_names is not None and address in alternative_names.get_values_for_type(x509.IPAddress)
    return any(_is_covered(host_name.lower(), name) for name in client_names_of(certificate))


def address_of(host_name: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that clients use instead of a name, without SNI. None for a name."""
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
