"""Base class of certificate resources, with their public PEM.

The PEM is parsed and serialized again, so it can contain nothing except certificates and CRLs. A preview knows it as
soon as it knows the material.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pulumi

from gcore_tls_provider.resources.resource import GcoreResource

MaterialInputs = Mapping[str, pulumi.Input[str] | None]


class CertificateResource(GcoreResource):
    """Resource that holds certificates or CRLs."""

    _public_pem: Callable[[], pulumi.Output[str]] | None = None

    @property
    def public_pem(self) -> pulumi.Output[str]:
        """PEM of the certificates or CRLs as uploaded, never of a key; empty after `get` or for unreadable material."""
        return pulumi.Output.from_input("") if self._public_pem is None else self._public_pem()


def identity_pem(inputs: MaterialInputs) -> pulumi.Output[str]:
    """Return the PEM of the certificate and its chain from the inputs of a listener or client certificate."""

    def parse(known: Mapping[str, str | None]) -> str:
        from gcore_tls_provider.certificates import identity_from_pem, identity_from_pkcs12

        if known["pkcs12"] is not None:
            identity = identity_from_pkcs12(pkcs12=known["pkcs12"], password=known["pkcs12_password"])
        else:
            identity = identity_from_pem(
                certificate=known["certificate"] or "",
                private_key=known["private_key"] or "",
                certificate_chain=known["certificate_chain"],
                private_key_passphrase=known["private_key_passphrase"],
            )
        return identity.full_chain_pem

    names = (
        "certificate",
        "private_key",
        "certificate_chain",
        "private_key_passphrase",
        "pkcs12",
        "pkcs12_password",
    )
    return _public_pem({name: inputs.get(name) for name in names}, parse)


def ca_bundle_pem(certificate: pulumi.Input[str] | None) -> pulumi.Output[str]:
    """Return the PEM of a CA bundle."""

    def parse(known: Mapping[str, str | None]) -> str:
        from gcore_tls_provider.certificates import CaBundle

        return CaBundle.parse(known["certificate"] or "").to_pem()

    return _public_pem({"certificate": certificate}, parse)


def crl_pem(crl: pulumi.Input[str] | None, ca: pulumi.Input[str] | None) -> pulumi.Output[str]:
    """Return the PEM of CRLs as uploaded: those that the first certificate of `ca` has issued come first."""

    def parse(known: Mapping[str, str | None]) -> str:
        from gcore_tls_provider.certificates import CaBundle, CrlBundle

        crls, ca_bundle = CrlBundle.parse(known["crl"] or ""), known["ca"]
        if ca_bundle is not None:
            crls = crls.starting_with(CaBundle.parse(ca_bundle).certificates[0])
        return crls.to_pem()

    return _public_pem({"crl": crl, "ca": ca}, parse)


def _public_pem(inputs: MaterialInputs, parse: Callable[[Mapping[str, str | None]], str]) -> pulumi.Output[str]:
    def parse_or_empty(known: Mapping[str, str | None]) -> str:
        from gcore_tls_provider.certificates import MaterialError

        try:
            return parse(known)
        except MaterialError:
            # The resource's own check reports what is wrong with the material.
            return ""

    given: Mapping[str, pulumi.Input[str | None]] = dict(inputs)
    return pulumi.Output.unsecret(pulumi.Output.all(**given).apply(parse_or_empty))
