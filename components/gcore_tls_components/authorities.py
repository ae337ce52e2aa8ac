"""The order of a bundle of certificate authorities: the one that has signed the revocation list goes first."""

from __future__ import annotations

from typing import Final

import pulumi

from gcore_tls_provider import Material, RevocationList

_BEGIN: Final = "-----BEGIN "


def in_order(ca: pulumi.Input[Material], crl: RevocationList | pulumi.Input[Material] | None) -> pulumi.Input[Material]:
    """The authorities, one that has signed a revocation list first.

    Octavia, on which Gcore's load balancers are built, checks the first list of a pool against the first authority of
    its bundle, and refuses the pool if the signature isn't that one's.

    Args:
        ca: PEM of one authority or of a bundle.
        crl: PEM of one revocation list or of several; None leaves the bundle as it is.
    """
    if crl is None or (isinstance(ca, str) and ca.count(_BEGIN) == 1):
        return ca
    lists = crl.public_pem if isinstance(crl, RevocationList) else crl
    both: pulumi.Output[list[Material]] = pulumi.Output.all(ca, lists)
    return pulumi.Output.secret(both.apply(lambda known: _in_order(known[0], known[1])))


def _in_order(ca: Material, crl: Material) -> Material:
    from gcore_tls_provider.certificates import CaBundle, MaterialError, RevocationLists, as_material
    from gcore_tls_provider.certificates.crl import is_signed_by

    try:
        bundle = CaBundle.parse(as_material(ca))
        lists = RevocationLists.parse(as_material(crl)).lists
    except MaterialError:
        # The resources that get the material say what is wrong with it.
        return ca
    signers = [each for each in bundle.certificates if any(is_signed_by(entry, each) for entry in lists)]
    if not signers or signers[0] == bundle.certificates[0]:
        return ca
    first = signers[0]
    return CaBundle((first, *(each for each in bundle.certificates if each != first))).to_pem()
