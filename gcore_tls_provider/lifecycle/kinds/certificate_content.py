"""Content of the four certificate kinds: parsing, public facts, rules and uploads."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Final

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call, RequestVariants
from gcore_tls_provider.api.wire.tasks import TaskIds
from gcore_tls_provider.certificates import (
    CaBundle,
    CertificateFacts,
    CrlBundle,
    CrlFacts,
    Finding,
    Identity,
    MaterialError,
    certificate_facts,
    crl_facts,
    identity_from_pem,
    identity_from_pkcs12,
)
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.rules.ca import ca_findings
from gcore_tls_provider.certificates.rules.crl import crl_findings
from gcore_tls_provider.certificates.rules.leaf import LeafRole, leaf_findings
from gcore_tls_provider.lifecycle.inputs.properties import Properties
from gcore_tls_provider.lifecycle.kinds.certificate_inputs import (
    CertificateAuthorityInputs,
    CertificateInputs,
    ClientCertificateInputs,
    IdentityInputs,
    ListenerCertificateInputs,
    RevocationListInputs,
)

IDENTITY_MATERIAL: Final = frozenset(IdentityInputs.model_fields) - frozenset(CertificateInputs.model_fields)
"""Names of the inputs that make up a certificate with its private key."""

CERTIFICATE_FACTS: Final = frozenset(each.name for each in fields(CertificateFacts))
CRL_FACTS: Final = frozenset(each.name for each in fields(CrlFacts))


def parse_identity(inputs: IdentityInputs) -> Identity:
    """Parse a certificate with its private key.

    Raises:
        MaterialError: It is incomplete, contradictory or unreadable.
    """
    findings = tuple(_contradictions(inputs))
    if findings:
        raise MaterialError(*findings)
    if inputs.pkcs12 is not None:
        return identity_from_pkcs12(pkcs12=inputs.pkcs12, password=inputs.pkcs12_password)
    return identity_from_pem(
        certificate=inputs.certificate or "",
        private_key=inputs.private_key or "",
        certificate_chain=inputs.certificate_chain,
        private_key_passphrase=inputs.private_key_passphrase,
    )


def _contradictions(inputs: IdentityInputs) -> Iterator[Finding]:
    names = ("certificate", "private_key", "certificate_chain", "private_key_passphrase")
    pem = {name: getattr(inputs, name) for name in names}
    if inputs.pkcs12 is not None:
        for name in (each for each in names if pem[each] is not None):
            yield report("PKCS12_AND_PEM", name)
    elif inputs.certificate is None and inputs.private_key is None:
        yield report("MATERIAL_MISSING", "certificate", message="all")
    else:
        for name in (each for each in ("certificate", "private_key") if pem[each] is None):
            yield report("MATERIAL_MISSING", name, message="half")


def describe_identity(identity: Identity) -> Properties:
    """Return the facts of the certificate."""
    return _facts(certificate_facts(identity.certificate))


def check_listener_certificate(
    identity: Identity, inputs: ListenerCertificateInputs, now: datetime
) -> Sequence[Finding]:
    """Return the findings about a listener certificate."""
    return _check_leaf(identity, inputs, now, "listener", inputs.host_names)


def check_client_certificate(identity: Identity, inputs: ClientCertificateInputs, now: datetime) -> Sequence[Finding]:
    """Return the findings about a client certificate."""
    return _check_leaf(identity, inputs, now, "client", ())


def _check_leaf(
    identity: Identity, inputs: IdentityInputs, now: datetime, role: LeafRole, host_names: Sequence[str]
) -> Sequence[Finding]:
    return leaf_findings(
        identity.public,
        role=role,
        now=now,
        expiry_warning_days=inputs.expiry_warning_days,
        host_names=host_names,
        property="certificate" if inputs.pkcs12 is None else "pkcs12",
    )


def upload_pkcs12(name: str, identity: Identity, _inputs: IdentityInputs) -> RequestVariants[TaskIds]:
    """Return the upload as PKCS12 without a password (guide), or as PEM parts (OpenAPI), by the v2 route."""
    return _upload_identity(name, identity, identity.to_pkcs12())


def upload_client_certificate(
    name: str, identity: Identity, inputs: ClientCertificateInputs
) -> RequestVariants[TaskIds]:
    """Return the upload of a client certificate in its format."""
    as_pem = inputs.format == "PEM"
    return _upload_identity(name, identity, identity.to_pem_bundle().encode() if as_pem else identity.to_pkcs12())


def _upload_identity(name: str, identity: Identity, payload: bytes) -> RequestVariants[TaskIds]:
    return routes.create_secret_with_key(
        name,
        payload_base64=b64encode(payload).decode(),
        certificate=identity.certificate_pem,
        certificate_chain=identity.chain_pem or identity.certificate_pem,
        private_key=identity.private_key_pem,
    )


def upload_pem(name: str, pem: str) -> Call[TaskIds]:
    """Return the upload of public content by the v1 route: no other route accepts content without a private key."""
    return routes.create_secret_v1(name, b64encode(pem.encode()).decode())


def parse_ca_bundle(inputs: CertificateAuthorityInputs) -> CaBundle:
    """Parse a CA bundle."""
    return CaBundle.parse(inputs.certificate)


def describe_ca_bundle(bundle: CaBundle) -> Properties:
    """Return the facts of the first CA, and short facts of the others of a bundle."""
    first, *further = (certificate_facts(each) for each in bundle.certificates)
    return {
        **_facts(first),
        "further_certificates": [
            {
                "subject": each.subject,
                "fingerprint_sha256": each.fingerprint_sha256,
                "not_after": each.not_after,
            }
            for each in further
        ],
    }


def check_ca_bundle(bundle: CaBundle, inputs: CertificateAuthorityInputs, now: datetime) -> Sequence[Finding]:
    """Return the findings about a CA bundle."""
    return ca_findings(bundle, now=now, expiry_warning_days=inputs.expiry_warning_days)


def parse_crls(inputs: RevocationListInputs) -> CrlBundle:
    """Parse CRLs; those of the CA come first, as Gcore's load balancers check the first CRL against the CA."""
    lists = CrlBundle.parse(inputs.revocation_list)
    return lists if inputs.ca is None else lists.starting_with(_ca_of(inputs.ca).certificates[0])


def describe_crls(lists: CrlBundle) -> Properties:
    """Return the facts of the first CRL, and short facts of the others."""
    first, *further = (crl_facts(each) for each in lists.crls)
    return {
        **_facts(first),
        "further_lists": [
            {
                "issuer": each.issuer,
                "fingerprint_sha256": each.fingerprint_sha256,
                "next_update": each.next_update,
                "revoked_count": each.revoked_count,
            }
            for each in further
        ],
    }


def check_crls(lists: CrlBundle, inputs: RevocationListInputs, now: datetime) -> Sequence[Finding]:
    """Return the findings about CRLs, against their CA if it is given."""
    ca = None if inputs.ca is None else _ca_of(inputs.ca)
    return crl_findings(lists, ca=ca, now=now, expiry_warning_days=inputs.expiry_warning_days)


def _ca_of(material: str) -> CaBundle:
    return CaBundle.parse(material, property="ca")


def _facts(facts: CertificateFacts | CrlFacts) -> Properties:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(facts).items()
        if value is not None
    }
