"""CRLs: dates, scopes, delta CRLs, revoked certificates, CRLs of several CAs."""

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
    ca,
    case,
    case_of_crl,
    case_of_two_crls,
    crl_of,
    distribution_points,
    scope_limits,
    server,
)
from tests.certificates.issuing import Issued

case_of_crl("empty CRL", crl_of)
case_of_crl("CRL expired", partial(crl_of, next_update=EARLIER), "CRL_EXPIRED")
case_of_crl("CRL not yet valid", partial(crl_of, this_update=LATER), "CRL_NOT_YET_VALID")
case_of_crl("CRL of another name", partial(crl_of, issuer_name="Other"), "CRL_OF_ANOTHER_CA")
case_of_crl(
    "CRL with an unknown critical extension",
    partial(crl_of, extensions=[UNKNOWN_EXTENSION]),
    "CRL_CRITICAL_EXTENSION",
)
case_of_crl("CRL only for CAs", partial(crl_of, extensions=scope_limits(cas=True)), "CRL_SCOPE")
case_of_crl("CRL for servers and users only", partial(crl_of, extensions=scope_limits(users=True)), "CRL_SCOPE")
case_of_crl("CRL for attributes only", partial(crl_of, extensions=scope_limits(attributes=True)), "CRL_SCOPE")
case_of_crl("indirect CRL", partial(crl_of, extensions=scope_limits(indirect=True)), "CRL_SCOPE")
case_of_crl(
    "CRL of a distribution point that no certificate names",
    partial(crl_of, extensions=scope_limits(url=DISTRIBUTION_POINT)),
    "CRL_SCOPE",
)
case_of_crl("delta CRL", partial(crl_of, extensions=[(x509.DeltaCRLIndicator(1), True)]), "CRL_DELTA")

case_of_two_crls("an expired CRL next to a fresh one", partial(crl_of, next_update=EARLIER))
case_of_two_crls("a CRL that is not valid yet next to a fresh one", partial(crl_of, this_update=LATER))
case_of_two_crls(
    "an indirect CRL next to a complete one",
    partial(crl_of, this_update=EARLIER, extensions=scope_limits(indirect=True)),
)
case_of_two_crls(
    "a CRL only for CAs next to a complete one",
    partial(crl_of, this_update=EARLIER, extensions=scope_limits(cas=True)),
)
case_of_two_crls(
    "an unknown critical extension next to none",
    partial(crl_of, this_update=EARLIER, extensions=[UNKNOWN_EXTENSION]),
)
case_of_two_crls("a newer CRL that revokes", partial(crl_of, this_update=EARLIER), "BACKEND_REVOKED")
case_of_two_crls("an older CRL that revokes", partial(crl_of, this_update=BEGIN - timedelta(days=1)))
case_of_two_crls(
    "a newer delta CRL that revokes",
    partial(crl_of, this_update=EARLIER, extensions=[(x509.DeltaCRLIndicator(1), True)]),
    "BACKEND_REVOKED",
)


@case("revoked", "BACKEND_REVOKED")
def _revoked() -> Case:
    root = ca("Root")
    backend = server(root)
    return Case(backend, [root], crls=[crl_of(root, [backend])])


@case("another certificate revoked")
def _other_certificate_revoked() -> Case:
    root = ca("Root")
    return Case(server(root), [root], crls=[crl_of(root, [server(root)])])


@case("revoked on hold, and released")
def _released() -> Case:
    root = ca("Root")
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
    return Case(backend, [root], crls=[builder.sign(root.key, hashes.SHA256())])


@case("its serial number revoked for another certificate", "BACKEND_REVOKED")
def _duplicate_serial_number() -> Case:
    root = ca("Root")
    return Case(server(root, serial_number=7), [root], crls=[crl_of(root, [server(root, serial_number=7)])])


@case("CRL of another CA", "CRL_OF_ANOTHER_CA")
def _crl_of_other_ca() -> Case:
    root = ca("Root")
    return Case(server(root), [root], crls=[crl_of(ca("Other"))])


@case("CRL of the same name and another key", "CRL_OF_ANOTHER_CA")
def _crl_of_ca_with_same_name() -> Case:
    root = ca("Root")
    return Case(server(root), [root], crls=[crl_of(ca("Root"))])


@case("CRL of an unknown CA in addition")
def _additional_crl_of_unknown_ca() -> Case:
    root = ca("Root")
    return Case(server(root), [root], crls=[crl_of(root), crl_of(ca("Other"), next_update=EARLIER)])


@case("CRL of an unknown CA first", "CRL_OF_ANOTHER_CA")
def _crl_of_unknown_ca_first() -> Case:
    root = ca("Root")
    return Case(server(root), [root], crls=[crl_of(ca("Other")), crl_of(root)])


def case_of_two_cas(
    name: str,
    *errors: str,
    crls: Callable[[Issued, Issued], Sequence[x509.CertificateRevocationList]],
    in_bundle: bool = False,
    issued: Callable[[Issued], Issued] = server,
) -> None:
    """Register a backend below an intermediate and a root, with CRLs of these CAs."""

    def build() -> Case:
        root = ca("Root")
        intermediate = ca("Intermediate", root)
        cas = [root, intermediate] if in_bundle else [root]
        return Case(issued(intermediate), cas, [intermediate], crls(root, intermediate))

    case(name, *errors)(build)


case_of_two_cas("CRLs of root and intermediate", crls=lambda root, low: [crl_of(root), crl_of(low)])
case_of_two_cas(
    "CRLs of root and intermediate, both in the bundle",
    crls=lambda root, low: [crl_of(root), crl_of(low)],
    in_bundle=True,
)
case_of_two_cas("CRL of the root alone", "BACKEND_CA_WITHOUT_CRL", crls=lambda root, low: [crl_of(root)])
case_of_two_cas(
    "CRL of the root alone, both in the bundle",
    "BACKEND_CA_WITHOUT_CRL",
    crls=lambda root, low: [crl_of(root)],
    in_bundle=True,
)
case_of_two_cas(
    "CRL of the intermediate alone",
    "CRL_OF_ANOTHER_CA",
    crls=lambda root, low: [crl_of(low)],
)
case_of_two_cas(
    "CRL of the intermediate expired",
    "BACKEND_CA_WITHOUT_CRL",
    crls=lambda root, low: [crl_of(root), crl_of(low, next_update=EARLIER)],
)
case_of_two_cas(
    "CRL of the intermediate in the bundle expired",
    "CRL_EXPIRED",
    crls=lambda root, low: [crl_of(root), crl_of(low, next_update=EARLIER)],
    in_bundle=True,
)
case_of_two_cas("intermediate revoked", "BACKEND_REVOKED", crls=lambda root, low: [crl_of(root, [low]), crl_of(low)])
case_of_two_cas(
    "the root's CRL for CAs, the intermediate's for users",
    crls=lambda root, low: [
        crl_of(root, extensions=scope_limits(cas=True)),
        crl_of(low, extensions=scope_limits(users=True)),
    ],
    in_bundle=True,
)
case_of_two_cas(
    "CRL of a distribution point that the backend's certificate names",
    crls=lambda root, low: [crl_of(root), crl_of(low, extensions=scope_limits(url=DISTRIBUTION_POINT))],
    issued=partial(server, extensions=[distribution_points(DISTRIBUTION_POINT)]),
)
case_of_two_cas(
    "CRL of another distribution point than the backend's certificate names",
    "BACKEND_CA_WITHOUT_CRL",
    crls=lambda root, low: [crl_of(root), crl_of(low, extensions=scope_limits(url=DISTRIBUTION_POINT))],
    issued=partial(server, extensions=[distribution_points("http://crl.example.com/2")]),
)


@case("old and new CA, CRL of the old, backend of the new", "BACKEND_CA_WITHOUT_CRL")
def _backend_of_new_ca_without_crl() -> Case:
    old, new = ca("Old"), ca("New")
    return Case(server(new), [old, new], crls=[crl_of(old)])


@case("old and new CA, CRL of the old, backend of the old")
def _backend_of_old_ca_with_crl() -> Case:
    old, new = ca("Old"), ca("New")
    return Case(server(old), [old, new], crls=[crl_of(old)])


@case("old and new CA of one name, CRLs of both")
def _same_name_with_crls() -> Case:
    old, new = ca("Root"), ca("Root")
    return Case(server(new), [old, new], crls=[crl_of(old), crl_of(new, this_update=EARLIER)])
