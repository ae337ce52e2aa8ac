"""The four kinds of certificate secrets: what each takes, what it uploads, and the public facts that it shows.

| kind | takes | uploads |
| --- | --- | --- |
| listener certificate | PEM certificate and key, or PKCS12 | PKCS12 without a password |
| client certificate | the same | PKCS12 without a password, or PEM |
| certificate authority | PEM, one certificate or a bundle | PEM, written anew |
| revocation list | PEM, one list or several | PEM, written anew |

What is uploaded is always written anew from what was parsed: that mends line ends, byte order marks, text between the
blocks and their order, none of which HAProxy bears with. What a secret means is told by `content_sha256`, a digest over
DER: other white space or another encryption of the same key is no change.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from typing import ClassVar, Generic, Literal, TypeVar

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.tasks import Task
from gcore_tls_provider.certificates import (
    CaBundle,
    CertificateFacts,
    Finding,
    Identity,
    MaterialError,
    RevocationListFacts,
    RevocationLists,
    certificate_facts,
    identity_from_pem,
    identity_from_pkcs12,
    parse_certificates,
    revocation_list_facts,
)
from gcore_tls_provider.certificates.revocation import is_signed_by
from gcore_tls_provider.lifecycle.fields import Field
from gcore_tls_provider.lifecycle.operation import Operation
from gcore_tls_provider.lifecycle.properties import UNKNOWN, Draft, InputsModel, Properties, fault
from gcore_tls_provider.lifecycle.secrets import SecretLifecycle

CONTENT = "content_sha256"
"""The derived property that says what a secret means."""


class MaterialInputs(InputsModel):
    """What every kind takes beside its material.

    Attributes:
        name: the secret's exact name; without one, a name is computed.
    """

    name: str | None = None


MaterialT = TypeVar("MaterialT", bound=MaterialInputs)


class MaterialLifecycle(SecretLifecycle[MaterialT], Generic[MaterialT]):
    """A secret whose content is parsed, so that it is compared by meaning and shown by its public facts."""

    material: ClassVar[frozenset[str]]
    """The properties that the content is made of."""

    fields: tuple[Field, ...] = (
        Field("name", change="replace"),
        Field(CONTENT, change="replace", readable=False),
    )

    def described(self, inputs: MaterialT) -> Properties:
        """The public facts, `CONTENT` among them.

        Raises:
            MaterialError: the material can't be used.
        """
        raise NotImplementedError

    def facts(self, drafted: Draft[MaterialT]) -> tuple[Properties, Sequence[Finding]]:
        """The public facts; all of them unknown as long as a part of the material is."""
        if drafted.unknown & self.material:
            return dict.fromkeys(sorted(self.derived), UNKNOWN), ()
        if not self.material <= drafted.usable:
            return {}, ()
        try:
            return self.described(drafted.known), ()
        except MaterialError as error:
            return {}, error.findings

    def exact_name(self, inputs: MaterialT) -> str | None:
        """The `name` of the inputs."""
        return inputs.name

    def content(self, inputs: MaterialT) -> Sequence[str]:
        """The digest of what the material means."""
        return [str(self.described(inputs)[CONTENT])]


class IdentityInputs(MaterialInputs):
    """A certificate with its private key: as PEM, or as a PKCS12 file.

    Attributes:
        certificate: PEM of the certificate, its chain may follow; or base64 of DER.
        private_key: PEM of its private key; or base64 of DER.
        certificate_chain: PEM of intermediates that aren't in `certificate`.
        private_key_passphrase: of an encrypted private key.
        pkcs12: base64 of a PKCS12 file, in place of the four above.
        pkcs12_password: its password.
    """

    certificate: str | None = None
    private_key: str | None = None
    certificate_chain: str | None = None
    private_key_passphrase: str | None = None
    pkcs12: str | None = None
    pkcs12_password: str | None = None

    def identity(self) -> Identity:
        """What the material is.

        Raises:
            MaterialError: it is incomplete, contradictory or can't be read.
        """
        findings = tuple(self._contradictions())
        if findings:
            raise MaterialError(*findings)
        if self.pkcs12 is not None:
            return identity_from_pkcs12(pkcs12=self.pkcs12, password=self.pkcs12_password)
        return identity_from_pem(
            certificate=self.certificate or "",
            private_key=self.private_key or "",
            certificate_chain=self.certificate_chain,
            private_key_passphrase=self.private_key_passphrase,
        )

    def _contradictions(self) -> Sequence[Finding]:
        pem = {
            name: getattr(self, name)
            for name in ("certificate", "private_key", "certificate_chain", "private_key_passphrase")
        }
        if self.pkcs12 is not None:
            return [
                fault(
                    name,
                    "PKCS12_AND_PEM",
                    f"{name} is given beside pkcs12, which holds all of it.",
                    f"Remove {name}, or pkcs12.",
                )
                for name, value in pem.items()
                if value is not None
            ]
        if self.certificate is None and self.private_key is None:
            return [
                fault(
                    "certificate",
                    "MATERIAL_MISSING",
                    "There is neither a certificate with its private key nor a PKCS12 file.",
                    "Give certificate and private_key, or pkcs12.",
                )
            ]
        return [
            fault(name, "MATERIAL_MISSING", f"{name} is missing.", f"Give {name}: a TLS peer needs both halves.")
            for name in ("certificate", "private_key")
            if pem[name] is None
        ]


IdentityT = TypeVar("IdentityT", bound=IdentityInputs)

_CERTIFICATE_FACTS = frozenset(each.name for each in fields(CertificateFacts))
_LIST_FACTS = frozenset(each.name for each in fields(RevocationListFacts))


class IdentityLifecycle(MaterialLifecycle[IdentityT], Generic[IdentityT]):
    """A certificate with its private key."""

    material = frozenset(IdentityInputs.model_fields) - frozenset(MaterialInputs.model_fields)
    derived = _CERTIFICATE_FACTS | {CONTENT}

    def described(self, inputs: IdentityT) -> Properties:
        """The facts of the leaf, and the digest of leaf and chain."""
        identity = inputs.identity()
        return {**_shown(certificate_facts(identity.certificate)), CONTENT: identity.digest()}

    def uploaded(self, inputs: IdentityT) -> bytes:
        """The payload in the guide's shape: a PKCS12 file without a password."""
        return inputs.identity().to_pkcs12()

    def post(self, operation: Operation, name: str, inputs: IdentityT) -> Callable[[], tuple[Task, ...]]:
        """The v2 route, in the dialect's shape."""
        identity = inputs.identity()
        shapes = routes.create_secret_with_key(
            name,
            payload_base64=b64encode(self.uploaded(inputs)).decode(),
            certificate=identity.certificate_pem,
            certificate_chain=identity.chain_pem or identity.certificate_pem,
            private_key=identity.private_key_pem,
        )
        return lambda: operation.run_shaped(shapes)


class ListenerCertificateInputs(IdentityInputs):
    """What the load balancer shows to clients."""


class ListenerCertificateLifecycle(IdentityLifecycle[ListenerCertificateInputs]):
    """`ListenerCertificate`."""

    inputs = ListenerCertificateInputs


class ClientCertificateInputs(IdentityInputs):
    """What the load balancer shows to backends.

    Attributes:
        format: what is uploaded. The guide takes both; Octavia, on which Gcore's load balancers are built, reads
            PKCS12.
    """

    format: Literal["PKCS12", "PEM"] = "PKCS12"


class ClientCertificateLifecycle(IdentityLifecycle[ClientCertificateInputs]):
    """`ClientCertificate`."""

    inputs = ClientCertificateInputs
    fields = (*MaterialLifecycle.fields, Field("format", change="replace", readable=False, default="PKCS12"))

    def content(self, inputs: ClientCertificateInputs) -> Sequence[str]:
        """The digest of the identity, and the format."""
        return [*super().content(inputs), inputs.format]

    def uploaded(self, inputs: ClientCertificateInputs) -> bytes:
        """A PKCS12 file without a password, or PEM."""
        if inputs.format == "PEM":
            return inputs.identity().to_pem_bundle().encode()
        return super().uploaded(inputs)


class CertificateAuthorityInputs(MaterialInputs):
    """Whom the load balancer trusts.

    Attributes:
        certificate: PEM of one certificate or of a bundle; or base64 of DER.
    """

    certificate: str


class PemLifecycle(MaterialLifecycle[MaterialT], Generic[MaterialT]):
    """Public material, uploaded as PEM by the v1 route: no other takes what has no private key."""

    def pem(self, inputs: MaterialT) -> str:
        """What is uploaded."""
        raise NotImplementedError

    def post(self, operation: Operation, name: str, inputs: MaterialT) -> Callable[[], tuple[Task, ...]]:
        """The v1 route, in every dialect."""
        call = routes.create_secret_v1(name, b64encode(self.pem(inputs).encode()).decode())
        return lambda: operation.run(call)


class CertificateAuthorityLifecycle(PemLifecycle[CertificateAuthorityInputs]):
    """`CertificateAuthority`."""

    inputs = CertificateAuthorityInputs
    material = frozenset({"certificate"})
    derived = _CERTIFICATE_FACTS | {CONTENT, "further_certificates"}

    def described(self, inputs: CertificateAuthorityInputs) -> Properties:
        """The facts of the first certificate, and in short those of the others of a bundle."""
        bundle = CaBundle.parse(inputs.certificate)
        first, *further = (certificate_facts(each) for each in bundle.certificates)
        return {
            **_shown(first),
            "further_certificates": [
                {
                    "subject": each.subject,
                    "fingerprint_sha256": each.fingerprint_sha256,
                    "not_after": each.not_after,
                }
                for each in further
            ],
            CONTENT: bundle.digest(),
        }

    def pem(self, inputs: CertificateAuthorityInputs) -> str:
        """The bundle, in its order."""
        return CaBundle.parse(inputs.certificate).to_pem()


class RevocationListInputs(MaterialInputs):
    """Whom the load balancer trusts no longer.

    Attributes:
        revocation_list: PEM of one list or several; or base64 of DER.
        ca: PEM of the certificate authority, so that the signature can be checked.
    """

    revocation_list: str
    ca: str | None = None


class RevocationListLifecycle(PemLifecycle[RevocationListInputs]):
    """`RevocationList`."""

    inputs = RevocationListInputs
    material = frozenset({"revocation_list"})
    derived = _LIST_FACTS | {CONTENT, "further_lists"}

    def described(self, inputs: RevocationListInputs) -> Properties:
        """The facts of the first list, and in short those of the others."""
        lists = self._lists(inputs)
        first, *further = (revocation_list_facts(each) for each in lists.lists)
        return {
            **_shown(first),
            "further_lists": [
                {
                    "issuer": each.issuer,
                    "fingerprint_sha256": each.fingerprint_sha256,
                    "next_update": each.next_update,
                    "revoked_count": each.revoked_count,
                }
                for each in further
            ],
            CONTENT: lists.digest(),
        }

    def facts(self, drafted: Draft[RevocationListInputs]) -> tuple[Properties, Sequence[Finding]]:
        """The public facts, and whether the authority has signed a list, where both are known."""
        facts, findings = super().facts(drafted)
        if findings or CONTENT not in facts or facts[CONTENT] is UNKNOWN or "ca" not in drafted.usable:
            return facts, findings
        try:
            return facts, self._signature(drafted.known)
        except MaterialError as error:
            return facts, error.findings

    def pem(self, inputs: RevocationListInputs) -> str:
        """The lists, those of the authority first: Gcore's load balancers check the first one against it."""
        return self._lists(inputs).to_pem()

    def _lists(self, inputs: RevocationListInputs) -> RevocationLists:
        lists = RevocationLists.parse(inputs.revocation_list)
        if inputs.ca is None:
            return lists
        return lists.beginning_with(parse_certificates(inputs.ca, property="ca")[0])

    def _signature(self, inputs: RevocationListInputs) -> Sequence[Finding]:
        if inputs.ca is None:
            return ()
        authority = parse_certificates(inputs.ca, property="ca")[0]
        if any(is_signed_by(each, authority) for each in RevocationLists.parse(inputs.revocation_list).lists):
            return ()
        return (
            fault(
                "revocation_list",
                "OF_ANOTHER_AUTHORITY",
                f"No list in it is signed by the certificate authority '{certificate_facts(authority).subject}', the "
                f"first of the bundle, and Gcore refuses such a pool.",
                "Give the list that this authority has issued, or put its authority first in the bundle.",
            ),
        )


def _shown(facts: CertificateFacts | RevocationListFacts) -> Properties:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(facts).items()
        if value is not None
    }
