"""Order of a CA bundle: the CA that has signed the CRL comes first."""

from __future__ import annotations

from typing import Final

import pulumi

from gcore_tls_provider import Material, RevocationList

_BEGIN: Final = "-----BEGIN "


def put_crl_issuer_first(
    ca: pulumi.Input[Material], crl: RevocationList | pulumi.Input[Material] | None
) -> pulumi.Input[Material]:
    """Return the CA bundle with a CA first that has signed a CRL.

    Octavia, on which Gcore's load balancers are built, checks the first CRL of a pool against the first CA of its
    bundle, and rejects the pool if another CA has signed the CRL.

    Args:
        ca: PEM of one CA or of a bundle.
        crl: PEM of one CRL or of several; None keeps the order of the bundle.
    """
    if crl is None or (isinstance(ca, str) and ca.count(_BEGIN) == 1):
        return ca
    lists = crl.public_pem if isinstance(crl, RevocationList) else crl
    both: pulumi.Output[list[Material]] = pulumi.Output.all(ca, lists)
    return pulumi.Output.secret(both.apply(lambda known: _with_issuer_first(known[0], known[1])))


def _with_issuer_first(ca: Material, crl: Material) -> Material:
    from gcore_tls_provider.certificates import CaBundle, CrlBundle, MaterialError, as_material
    from gcore_tls_provider.certificates.crl import is_signed_by

    try:
        bundle = CaBundle.parse(as_material(ca))
        lists = CrlBundle.parse(as_material(crl)).crls
    except MaterialError:
        # The resources that get the material report the error.
        return ca
    signers = [each for each in bundle.certificates if any(is_signed_by(entry, each) for entry in lists)]
    if not signers or signers[0] == bundle.certificates[0]:
        return ca
    first = signers[0]
    return CaBundle((first, *(each for each in bundle.certificates if each != first))).to_pem()
