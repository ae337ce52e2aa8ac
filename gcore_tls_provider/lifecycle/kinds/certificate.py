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

from abc import abstractmethod
from base64 import b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from datetime import datetime
from typing import Annotated, ClassVar, Generic, Literal, TypeVar

from pydantic import Field as Limited

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
    revocation_list_facts,
)
from gcore_tls_provider.certificates.findings.severity import downgrade_deployed
from gcore_tls_provider.certificates.rules.authority import authority_findings
from gcore_tls_provider.certificates.rules.leaf import LeafRole, leaf_findings
from gcore_tls_provider.certificates.rules.reload_effects import PublicMaterial
from gcore_tls_provider.certificates.rules.revocation import revocation_findings
from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, ExpiringInputs, Properties, error_finding
from gcore_tls_provider.lifecycle.inputs.reference_cache import CachedCertificate
from gcore_tls_provider.lifecycle.kind import CheckContext
from gcore_tls_provider.lifecycle.kinds.secret import SecretLifecycle
from gcore_tls_provider.lifecycle.run.operation import Operation

CONTENT = "content_sha256"
"""The derived property that says what a secret means."""


class MaterialInputs(ExpiringInputs):
    """What every kind takes beside its material.

    Attributes:
        name: the secret's exact name; without one, a name is computed.
    """

    name: str | None = None


MaterialT = TypeVar("MaterialT", bound=MaterialInputs)
ParsedT = TypeVar("ParsedT")


class MaterialLifecycle(SecretLifecycle[MaterialT], Generic[MaterialT, ParsedT]):
    """A secret whose content is parsed, so that it is judged, compared by meaning and shown by its public facts."""

    material: ClassVar[frozenset[str]]
    """The properties that the content is made of."""

    fields: tuple[Field, ...] = (
        Field("name", change="replace"),
        Field(CONTENT, change="replace", readable=False),
    )

    @abstractmethod
    def parsed(self, inputs: MaterialT) -> ParsedT:
        """The material.

        Raises:
            MaterialError: it can't be used.
        """

    @abstractmethod
    def described(self, parsed: ParsedT) -> Properties:
        """The public facts, `CONTENT` among them."""

    @abstractmethod
    def public(self, parsed: ParsedT) -> PublicMaterial:
        """The material without a key."""

    @abstractmethod
    def judged(self, parsed: ParsedT, inputs: MaterialT, now: datetime) -> Sequence[Finding]:
        """What the rules say of it."""

    def facts(self, checking: CheckContext[MaterialT]) -> tuple[Properties, Sequence[Finding]]:
        """The public facts, all of them unknown as long as a part of the material is; and what the rules say.

        What is deployed already and stays as it is never stops a run.
        """
        drafted, olds = checking.drafted, checking.olds
        unknown = bool(drafted.unknown & self.material)
        checking.seen.put(checking.urn, None, known=not unknown)
        if unknown:
            return dict.fromkeys(sorted(self.derived), UNKNOWN), ()
        if not self.material <= drafted.valid_fields:
            return {}, ()
        try:
            parsed = self.parsed(drafted.known)
        except MaterialError as error:
            if CONTENT in olds and all(olds.get(each) == checking.inputs.get(each) for each in self.material):
                # Deployed by a release that could read it.
                return {name: olds[name] for name in self.derived if name in olds}, downgrade_deployed(error.findings)
            return {}, error.findings
        facts = self.described(parsed)
        self._is_seen(checking, parsed, str(facts[CONTENT]))
        findings = self.judged(parsed, drafted.known, checking.now)
        return facts, downgrade_deployed(findings) if olds.get(CONTENT) == facts[CONTENT] else findings

    def _is_seen(self, checking: CheckContext[MaterialT], parsed: ParsedT, digest: str) -> None:
        """Those that refer to it see what it holds, and what it held before."""
        checking.seen.put(checking.urn, CachedCertificate(digest, self.public(parsed)))
        former = checking.olds.get(CONTENT)
        if isinstance(former, str) and former != digest:
            with suppress(MaterialError):
                earlier = self.parsed(self.drafted_before(checking.olds).known)
                checking.seen.put_previous(CachedCertificate(former, self.public(earlier)))

    def exact_name(self, inputs: MaterialT) -> str | None:
        """The `name` of the inputs."""
        return inputs.name


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
                error_finding(
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
                error_finding(
                    "certificate",
                    "MATERIAL_MISSING",
                    "There is neither a certificate with its private key nor a PKCS12 file.",
                    "Give certificate and private_key, or pkcs12.",
                )
            ]
        return [
            error_finding(
                name, "MATERIAL_MISSING", f"{name} is missing.", f"Give {name}: a TLS peer needs both halves."
            )
            for name in ("certificate", "private_key")
            if pem[name] is None
        ]


IdentityT = TypeVar("IdentityT", bound=IdentityInputs)

_CERTIFICATE_FACTS = frozenset(each.name for each in fields(CertificateFacts))
_LIST_FACTS = frozenset(each.name for each in fields(RevocationListFacts))


class IdentityLifecycle(MaterialLifecycle[IdentityT, Identity], Generic[IdentityT]):
    """A certificate with its private key."""

    material = frozenset(IdentityInputs.model_fields) - frozenset(MaterialInputs.model_fields)
    derived = _CERTIFICATE_FACTS | {CONTENT}
    role: ClassVar[LeafRole]

    def parsed(self, inputs: IdentityT) -> Identity:
        """The identity."""
        return inputs.identity()

    def described(self, parsed: Identity) -> Properties:
        """The facts of the leaf, and the digest of leaf and chain."""
        return {**_shown(certificate_facts(parsed.certificate)), CONTENT: parsed.digest()}

    def public(self, parsed: Identity) -> PublicMaterial:
        """The certificate and its chain."""
        return parsed.public

    def judged(self, parsed: Identity, inputs: IdentityT, now: datetime) -> Sequence[Finding]:
        """The rules of a leaf in its role."""
        return leaf_findings(
            parsed.public,
            role=self.role,
            now=now,
            expiry_warning_days=inputs.expiry_warning_days,
            host_names=self.host_names(inputs),
            property="certificate" if inputs.pkcs12 is None else "pkcs12",
        )

    def host_names(self, inputs: IdentityT) -> Sequence[str]:
        """The names that the certificate must cover."""
        return ()

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
    """What the load balancer shows to clients.

    Attributes:
        host_names: names that clients use, each of which it must cover.
    """

    host_names: Annotated[list[str], Limited(default_factory=list)]


class ListenerCertificateLifecycle(IdentityLifecycle[ListenerCertificateInputs]):
    """`ListenerCertificate`."""

    inputs = ListenerCertificateInputs
    role = "listener"

    def host_names(self, inputs: ListenerCertificateInputs) -> Sequence[str]:
        """Those that clients use."""
        return inputs.host_names


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
    role = "client"
    fields = (*MaterialLifecycle.fields, Field("format", change="replace", readable=False, default="PKCS12"))

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


class PemLifecycle(MaterialLifecycle[MaterialT, ParsedT], Generic[MaterialT, ParsedT]):
    """Public material, uploaded as PEM by the v1 route: no other takes what has no private key."""

    @abstractmethod
    def pem(self, parsed: ParsedT) -> str:
        """What is uploaded."""

    def post(self, operation: Operation, name: str, inputs: MaterialT) -> Callable[[], tuple[Task, ...]]:
        """The v1 route, in every dialect."""
        call = routes.create_secret_v1(name, b64encode(self.pem(self.parsed(inputs)).encode()).decode())
        return lambda: operation.run(call)


class CertificateAuthorityLifecycle(PemLifecycle[CertificateAuthorityInputs, CaBundle]):
    """`CertificateAuthority`."""

    inputs = CertificateAuthorityInputs
    material = frozenset({"certificate"})
    derived = _CERTIFICATE_FACTS | {CONTENT, "further_certificates"}

    def parsed(self, inputs: CertificateAuthorityInputs) -> CaBundle:
        """The bundle."""
        return CaBundle.parse(inputs.certificate)

    def described(self, parsed: CaBundle) -> Properties:
        """The facts of the first certificate, and in short those of the others of a bundle."""
        first, *further = (certificate_facts(each) for each in parsed.certificates)
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
            CONTENT: parsed.digest(),
        }

    def public(self, parsed: CaBundle) -> PublicMaterial:
        """The bundle itself."""
        return parsed

    def judged(self, parsed: CaBundle, inputs: CertificateAuthorityInputs, now: datetime) -> Sequence[Finding]:
        """The rules of authorities."""
        return authority_findings(parsed, now=now, expiry_warning_days=inputs.expiry_warning_days)

    def pem(self, parsed: CaBundle) -> str:
        """The bundle, in its order."""
        return parsed.to_pem()


class RevocationListInputs(MaterialInputs):
    """Whom the load balancer trusts no longer.

    Attributes:
        revocation_list: PEM of one list or several; or base64 of DER.
        ca: PEM of the certificate authority, so that the signature can be checked.
    """

    revocation_list: str
    ca: str | None = None


class RevocationListLifecycle(PemLifecycle[RevocationListInputs, RevocationLists]):
    """`RevocationList`."""

    inputs = RevocationListInputs
    material = frozenset({"revocation_list"})
    derived = _LIST_FACTS | {CONTENT, "further_lists"}

    def parsed(self, inputs: RevocationListInputs) -> RevocationLists:
        """The lists, those of the authority first: Gcore's load balancers check the first one against it."""
        lists = RevocationLists.parse(inputs.revocation_list)
        return lists if inputs.ca is None else lists.beginning_with(_authorities(inputs.ca).certificates[0])

    def described(self, parsed: RevocationLists) -> Properties:
        """The facts of the first list, and in short those of the others."""
        first, *further = (revocation_list_facts(each) for each in parsed.lists)
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
            CONTENT: parsed.digest(),
        }

    def public(self, parsed: RevocationLists) -> PublicMaterial:
        """The lists themselves."""
        return parsed

    def judged(self, parsed: RevocationLists, inputs: RevocationListInputs, now: datetime) -> Sequence[Finding]:
        """The rules of revocation lists, against their authority where it is known."""
        ca = None if inputs.ca is None else _authorities(inputs.ca)
        return revocation_findings(parsed, ca=ca, now=now, expiry_warning_days=inputs.expiry_warning_days)

    def pem(self, parsed: RevocationLists) -> str:
        """The lists, in their order."""
        return parsed.to_pem()


def _authorities(material: str) -> CaBundle:
    return CaBundle.parse(material, property="ca")


def _shown(facts: CertificateFacts | RevocationListFacts) -> Properties:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(facts).items()
        if value is not None
    }
