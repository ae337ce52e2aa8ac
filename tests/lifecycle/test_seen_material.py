"""How a listener or a pool sees the material of what it refers to: through resources that were checked before it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.hidden_inputs import RECORD, to_json
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, Properties
from gcore_tls_provider.lifecycle.inputs.record import Record
from tests.certificates.issuing import CLIENT, END, NOW, issue, issue_ca
from tests.fake_engine.account import World, as_engine, urn_of
from tests.fake_engine.referring import REFERENCES
from tests.lifecycle.judged import ID, OTHER, Pki, codes, mutual

CA, CLIENT_CERTIFICATE, CRL = (
    urn_of("CertificateAuthority", "ca"),
    urn_of("ClientCertificate", "client"),
    urn_of("RevocationList", "crl"),
)
ROLES = {"ca": CA, "client_certificate": CLIENT_CERTIFICATE, "listener_certificates": [""]}


def checked(
    world: World, kind: str, name: str, properties: Mapping[str, object], olds: Mapping[str, object] | None = None
) -> tuple[Properties, tuple[Finding, ...]]:
    """The inputs as they are saved, and what is said of them."""
    references = properties.get(REFERENCES)
    bag = world.bag(kind, name, {key: value for key, value in properties.items() if key != REFERENCES})
    if isinstance(references, Mapping):
        bag[RECORD] = {**bag[RECORD], "references": to_json(references)}  # type: ignore[dict-item]
    found = world.check(kind, as_engine(olds or {}), bag)
    return found.inputs, found.findings


def references_of(inputs: Properties) -> Mapping[str, object]:
    references = Record.of(inputs).references
    assert isinstance(references, Mapping)
    return references


def deployed(world: World, pki: Pki, **more: object) -> tuple[Properties, Properties, Properties]:
    """The saved inputs of an authority, a client certificate and a pool that refers to both."""
    ca, _ = checked(world, "CertificateAuthority", "ca", {"certificate": pki.ca.pem})
    client, _ = checked(world, "ClientCertificate", "client", of_client(pki))
    pool, _ = checked(world, "Pool", "pool", {**mutual(pki), **more, REFERENCES: ROLES})
    return ca, client, pool


def of_client(pki: Pki) -> dict[str, object]:
    return {"certificate": pki.client.pem, "private_key": pki.client.key_pem}


def test_a_pool_sees_what_its_authority_holds(dated_world: World, pki: Pki) -> None:
    left = {"expected_backend_certificates": [pki.backend.pem]}
    checked(dated_world, "CertificateAuthority", "ca", {"certificate": pki.new_ca.pem})
    _, found = checked(dated_world, "Pool", "pool", {**mutual(pki), **left, REFERENCES: ROLES})
    assert ("error", "expected_backend_certificates", "BACKEND_NOT_TRUSTED") in codes(found)
    checked(dated_world, "CertificateAuthority", "ca", {"certificate": pki.ca.pem})
    _, found = checked(dated_world, "Pool", "pool", {**mutual(pki), **left, REFERENCES: ROLES})
    assert codes(found) == []


def test_what_is_saved_is_digests_and_the_authorities(dated_world: World, pki: Pki) -> None:
    _, client, pool = deployed(dated_world, pki)
    assert Record.of(pool).references == {
        "ca": pki.ca.pem,
        "client_certificate": client["content_sha256"],
        "listener_certificates": [""],
    }


def test_what_is_not_known_yet_hides_the_rules_that_need_it(dated_world: World, pki: Pki) -> None:
    left = {"expected_backend_certificates": [pki.backend.pem]}
    checked(dated_world, "CertificateAuthority", "ca", {"certificate": UNKNOWN})
    pool, found = checked(dated_world, "Pool", "pool", {**mutual(pki), **left, REFERENCES: ROLES})
    assert codes(found) == []
    # A plan made by a preview takes an unknown value for any; one text it would not take for another.
    assert Record.of(pool).references is UNKNOWN


def test_an_authority_whose_resource_is_gone_is_still_known(dated_world: World, pki: Pki) -> None:
    """A program that moves to another authority usually drops the resource of the old one."""
    _, client, pool = deployed(dated_world, pki)
    later = dated_world.another_run()
    checked(later, "CertificateAuthority", "new-ca", {"certificate": pki.new_ca.pem})
    checked(later, "ClientCertificate", "client", of_client(pki), client)
    roles = {**ROLES, "ca": urn_of("CertificateAuthority", "new-ca")}
    _, found = checked(later, "Pool", "pool", {**mutual(pki), "ca_secret_id": UNKNOWN, REFERENCES: roles}, pool)
    assert ("warning", "ca", "CA_DROPPED") in codes(found)


def test_with_targets_what_is_deployed_counts(dated_world: World, pki: Pki) -> None:
    """The engine checks targets only: of what else the pool refers to, the authority is in the pool's own state."""
    left = {"expected_backend_certificates": [pki.backend.pem]}
    *_, pool = deployed(dated_world, pki)
    later = dated_world.another_run()
    news = {**mutual(pki), "expected_backend_certificates": [issue("app.example", pki.new_ca).pem]}
    again, found = checked(later, "Pool", "pool", {**news, REFERENCES: ROLES}, pool)
    assert ("error", "expected_backend_certificates", "BACKEND_NOT_TRUSTED") in codes(found)
    assert Record.of(again).references == Record.of(pool).references
    _, found = checked(later, "Pool", "pool", {**mutual(pki), **left, REFERENCES: ROLES}, pool)
    assert codes(found) == []


def test_targets_that_refer_to_something_else_rest(dated_world: World, pki: Pki) -> None:
    *_, pool = deployed(dated_world, pki)
    later = dated_world.another_run()
    news = {**mutual(pki), "ca_secret_id": OTHER, "expected_backend_certificates": [pki.backend.pem]}
    again, found = checked(later, "Pool", "pool", {**news, REFERENCES: ROLES}, pool)
    assert codes(found) == []
    assert references_of(again)["ca"] == ""


def test_what_a_resource_held_before_is_known_by_its_digest(dated_world: World, pki: Pki) -> None:
    """Expired material that this run renews isn't what a change brings to light; what stays is."""
    ca, client, pool = deployed(dated_world, pki)
    later = dated_world.another_run()
    later.clock.advance((END + timedelta(days=1) - NOW).total_seconds())
    far = END + timedelta(days=900)
    authority = issue_ca("Backends CA", key=pki.ca.key, not_after=far)
    renewed = issue("load-balancer.example", authority, extended_key_usage=(CLIENT,), not_after=far)
    checked(later, "CertificateAuthority", "ca", {"certificate": pki.ca.pem}, ca)
    checked(later, "ClientCertificate", "client", {"certificate": renewed.pem, "private_key": renewed.key_pem}, client)
    news = {**mutual(pki), "secret_id": UNKNOWN, REFERENCES: ROLES}
    _, found = checked(later, "Pool", "pool", news, pool)
    assert {each.property for each in found if each.code == "RELOAD_EXPOSES_EXPIRED"} == {"ca"}


def test_an_error_that_is_deployed_stops_no_run(dated_world: World, pki: Pki) -> None:
    of_another = {"revocation_list": pki.crl(of=pki.new_ca)}
    roles = {**ROLES, "crl": CRL}
    checked(dated_world, "CertificateAuthority", "ca", {"certificate": pki.ca.pem})
    crl, _ = checked(dated_world, "RevocationList", "crl", of_another)
    pool, found = checked(dated_world, "Pool", "pool", {**mutual(pki), "crl_secret_id": ID, REFERENCES: roles})
    assert ("error", "crl", "CRL_OF_ANOTHER_CA") in codes(found)
    later = dated_world.another_run()
    checked(later, "CertificateAuthority", "ca", {"certificate": pki.ca.pem})
    checked(later, "RevocationList", "crl", of_another, crl)
    _, found = checked(later, "Pool", "pool", {**mutual(pki), "crl_secret_id": ID, REFERENCES: roles}, pool)
    assert ("warning", "crl", "CRL_OF_ANOTHER_CA") in codes(found)


def test_a_listener_sees_its_certificates(dated_world: World, pki: Pki) -> None:
    server = {"certificate": pki.server.pem, "private_key": pki.server.key_pem}
    held, _ = checked(dated_world, "ListenerCertificate", "server", server)
    roles = {"certificate": urn_of("ListenerCertificate", "server"), "sni_certificates": []}
    news = {"load_balancer_id": ID, "secret_id": ID, "host_names": ["third.example"], REFERENCES: roles}
    saved, found = checked(dated_world, "Listener", "listener", news)
    assert codes(found) == [("error", "host_names", "HOST_NAME_NOT_COVERED")]
    assert references_of(saved)["certificate"] == held["content_sha256"]
