"""Revocation lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.certificates.agreement.case import (
    BEGIN,
    DISTRIBUTION_POINT,
    EARLIER,
    END,
    LATER,
    UNKNOWN_EXTENSION,
    Case,
    authority,
    case,
    distribution_points,
    limited,
    of_list,
    of_two_lists,
    revocations,
    server,
)
from tests.certificates.issuing import Issued

of_list("empty list", revocations)
of_list("list expired", partial(revocations, next_update=EARLIER), "CRL_EXPIRED")
of_list("list not yet valid", partial(revocations, this_update=LATER), "CRL_NOT_YET_VALID")
of_list("list of another name", partial(revocations, issuer_name="Other"), "CRL_OF_ANOTHER_CA")
of_list(
    "list with an unknown critical extension",
    partial(revocations, extensions=[UNKNOWN_EXTENSION]),
    "CRL_CRITICAL_EXTENSION",
)
of_list("list for authorities only", partial(revocations, extensions=limited(authorities=True)), "CRL_SCOPE")
of_list("list for servers and users only", partial(revocations, extensions=limited(users=True)), "CRL_SCOPE")
of_list("list for attributes only", partial(revocations, extensions=limited(attributes=True)), "CRL_SCOPE")
of_list("indirect list", partial(revocations, extensions=limited(indirect=True)), "CRL_SCOPE")
of_list(
    "list of a distribution point that no certificate names",
    partial(revocations, extensions=limited(url=DISTRIBUTION_POINT)),
    "CRL_SCOPE",
)
of_list("delta list", partial(revocations, extensions=[(x509.DeltaCRLIndicator(1), True)]), "CRL_DELTA")

of_two_lists("an expired list beside a fresh one", partial(revocations, next_update=EARLIER))
of_two_lists("a list that isn't valid yet beside a fresh one", partial(revocations, this_update=LATER))
of_two_lists(
    "an indirect list beside a whole one", partial(revocations, this_update=EARLIER, extensions=limited(indirect=True))
)
of_two_lists(
    "a list for authorities only beside a whole one",
    partial(revocations, this_update=EARLIER, extensions=limited(authorities=True)),
)
of_two_lists(
    "an unknown critical extension beside none",
    partial(revocations, this_update=EARLIER, extensions=[UNKNOWN_EXTENSION]),
)
of_two_lists("a newer list that revokes", partial(revocations, this_update=EARLIER), "BACKEND_REVOKED")
of_two_lists("an older list that revokes", partial(revocations, this_update=BEGIN - timedelta(days=1)))
of_two_lists(
    "a newer delta list that revokes",
    partial(revocations, this_update=EARLIER, extensions=[(x509.DeltaCRLIndicator(1), True)]),
    "BACKEND_REVOKED",
)


@case("revoked", "BACKEND_REVOKED")
def _revoked() -> Case:
    root = authority("Root")
    backend = server(root)
    return Case(backend, [root], lists=[revocations(root, [backend])])


@case("another one revoked")
def _another_one_revoked() -> Case:
    root = authority("Root")
    return Case(server(root), [root], lists=[revocations(root, [server(root)])])


@case("revoked on hold, and released")
def _released() -> Case:
    root = authority("Root")
    backend = server(root)
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(backend.certificate.serial_number)
        .revocation_date(BEGIN)
        .add_extension(x509.CRLReason(x509.ReasonFlags.remove_from_crl), critical=False)
        .build()
    )
    builder = x509.CertificateRevocationListBuilder().issuer_name(root.certificate.subject)
    builder = builder.last_update(BEGIN).next_update(END).add_revoked_certificate(entry)
    return Case(backend, [root], lists=[builder.sign(root.key, hashes.SHA256())])


@case("its serial number revoked for another certificate", "BACKEND_REVOKED")
def _serial_twice() -> Case:
    root = authority("Root")
    return Case(server(root, serial_number=7), [root], lists=[revocations(root, [server(root, serial_number=7)])])


@case("list of another authority", "CRL_OF_ANOTHER_CA")
def _list_of_another() -> Case:
    root = authority("Root")
    return Case(server(root), [root], lists=[revocations(authority("Other"))])


@case("list of the same name and another key", "CRL_OF_ANOTHER_CA")
def _list_of_same_name() -> Case:
    root = authority("Root")
    return Case(server(root), [root], lists=[revocations(authority("Root"))])


@case("a stranger's list in addition")
def _stranger() -> Case:
    root = authority("Root")
    return Case(server(root), [root], lists=[revocations(root), revocations(authority("Other"), next_update=EARLIER)])


@case("a stranger's list first", "CRL_OF_ANOTHER_CA")
def _stranger_first() -> Case:
    root = authority("Root")
    return Case(server(root), [root], lists=[revocations(authority("Other")), revocations(root)])


def two_authorities(
    name: str,
    *errors: str,
    lists: Callable[[Issued, Issued], Sequence[x509.CertificateRevocationList]],
    in_bundle: bool = False,
    issued: Callable[[Issued], Issued] = server,
) -> None:
    """A backend below an intermediate below a root, and their lists."""

    def build() -> Case:
        root = authority("Root")
        intermediate = authority("Intermediate", root)
        authorities = [root, intermediate] if in_bundle else [root]
        return Case(issued(intermediate), authorities, [intermediate], lists(root, intermediate))

    case(name, *errors)(build)


two_authorities("lists of root and intermediate", lists=lambda root, low: [revocations(root), revocations(low)])
two_authorities(
    "lists of root and intermediate, both in the bundle",
    lists=lambda root, low: [revocations(root), revocations(low)],
    in_bundle=True,
)
two_authorities("list of the root alone", "BACKEND_CA_WITHOUT_CRL", lists=lambda root, low: [revocations(root)])
two_authorities(
    "list of the root alone, both in the bundle",
    "BACKEND_CA_WITHOUT_CRL",
    lists=lambda root, low: [revocations(root)],
    in_bundle=True,
)
two_authorities(
    "list of the intermediate alone",
    "CRL_OF_ANOTHER_CA",
    lists=lambda root, low: [revocations(low)],
)
two_authorities(
    "list of the intermediate expired",
    "BACKEND_CA_WITHOUT_CRL",
    lists=lambda root, low: [revocations(root), revocations(low, next_update=EARLIER)],
)
two_authorities(
    "list of the intermediate in the bundle expired",
    "CRL_EXPIRED",
    lists=lambda root, low: [revocations(root), revocations(low, next_update=EARLIER)],
    in_bundle=True,
)
two_authorities(
    "intermediate revoked", "BACKEND_REVOKED", lists=lambda root, low: [revocations(root, [low]), revocations(low)]
)
two_authorities(
    "the root's list for authorities, the intermediate's for users",
    lists=lambda root, low: [
        revocations(root, extensions=limited(authorities=True)),
        revocations(low, extensions=limited(users=True)),
    ],
    in_bundle=True,
)
two_authorities(
    "list of a distribution point that the backend's certificate names",
    lists=lambda root, low: [revocations(root), revocations(low, extensions=limited(url=DISTRIBUTION_POINT))],
    issued=partial(server, extensions=[distribution_points(DISTRIBUTION_POINT)]),
)
two_authorities(
    "list of another distribution point than the backend's certificate names",
    "BACKEND_CA_WITHOUT_CRL",
    lists=lambda root, low: [revocations(root), revocations(low, extensions=limited(url=DISTRIBUTION_POINT))],
    issued=partial(server, extensions=[distribution_points("http://lists.example.com/2")]),
)


@case("old and new authority, list of the old, backend of the new", "BACKEND_CA_WITHOUT_CRL")
def _new_not_listed() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [old, new], lists=[revocations(old)])


@case("old and new authority, list of the old, backend of the old")
def _old_listed() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(old), [old, new], lists=[revocations(old)])


@case("old and new authority of one name, lists of both")
def _same_name_listed() -> Case:
    old, new = authority("Root"), authority("Root")
    return Case(server(new), [old, new], lists=[revocations(old), revocations(new, this_update=EARLIER)])
