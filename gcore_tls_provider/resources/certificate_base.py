"""The public part of certificate material, never a key: for programs that have a use for it.

It is parsed and written anew, so that nothing but certificates and lists can be in it, and known in a preview as soon
as the material is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pulumi

from gcore_tls_provider.resources.resource import GcoreResource

Properties = Mapping[str, pulumi.Input[str] | None]


class CertificateResource(GcoreResource):
    """What all kinds that hold certificates or revocation lists hand to those that refer to them."""

    _public_pem: Callable[[], pulumi.Output[str]] | None = None

    @property
    def public_pem(self) -> pulumi.Output[str]:
        """PEM of its public material as it is uploaded, never a key; empty if it can't be read, or was only `get`."""
        return pulumi.Output.from_input("") if self._public_pem is None else self._public_pem()


def of_identity(properties: Properties) -> pulumi.Output[str]:
    """PEM of the certificate and its chain, of the inputs of a listener's or client certificate."""

    def read(known: Mapping[str, str | None]) -> str:
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
    return _public({name: properties.get(name) for name in names}, read)


def of_authorities(certificate: pulumi.Input[str] | None) -> pulumi.Output[str]:
    """PEM of certificate authorities."""

    def read(known: Mapping[str, str | None]) -> str:
        from gcore_tls_provider.certificates import CaBundle

        return CaBundle.parse(known["it"] or "").to_pem()

    return _public({"it": certificate}, read)


def of_lists(revocation_list: pulumi.Input[str] | None, ca: pulumi.Input[str] | None) -> pulumi.Output[str]:
    """PEM of revocation lists, those of the first certificate of `ca` first, as they are uploaded."""

    def read(known: Mapping[str, str | None]) -> str:
        from gcore_tls_provider.certificates import CaBundle, RevocationLists

        lists = RevocationLists.parse(known["lists"] or "")
        authorities = known["ca"]
        if authorities is not None:
            lists = lists.beginning_with(CaBundle.parse(authorities).certificates[0])
        return lists.to_pem()

    return _public({"lists": revocation_list, "ca": ca}, read)


def _public(properties: Properties, read: Callable[[Mapping[str, str | None]], str]) -> pulumi.Output[str]:
    def tried(known: Mapping[str, str | None]) -> str:
        from gcore_tls_provider.certificates import MaterialError

        try:
            return read(known)
        except MaterialError:
            # The resource's own check says what is wrong with it.
            return ""

    given: Mapping[str, pulumi.Input[str | None]] = dict(properties)
    return pulumi.Output.unsecret(pulumi.Output.all(**given).apply(tried))
