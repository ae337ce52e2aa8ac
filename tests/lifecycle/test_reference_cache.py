"""Reference cache: a listener or a pool uses certificates of resources that were checked before it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, Properties
from gcore_tls_provider.lifecycle.inputs.record import Record
from tests.certificates.issuing import CLIENT, END, NOW, issue, issue_ca
from tests.fake_engine.references import REFERENCES
from tests.fake_engine.stack import FakeStack, engine_value, urn_of
from tests.lifecycle.certificate_cases import OTHER_ID, SOME_ID, Pki, codes, mtls_pool

CA, CLIENT_CERTIFICATE, CRL = (
    urn_of("CertificateAuthority", "ca"),
    urn_of("ClientCertificate", "client"),
    urn_of("RevocationList", "crl"),
)
ROLES = {"ca": CA, "client_certificate": CLIENT_CERTIFICATE, "listener_certificates": [""]}


def check_resource(
    stack: FakeStack, kind: str, name: str, properties: Mapping[str, object], olds: Mapping[str, object] | None = None
) -> tuple[Properties, tuple[Finding, ...]]:
    """Return the inputs to save, and the findings."""
    references = properties.get(REFERENCES)
    bag = stack.program_inputs(kind, name, {key: value for key, value in properties.items() if key != REFERENCES})
    if isinstance(references, Mapping):
        bag = Record.of(bag).update(references=references).into(bag)
    found = stack.check(kind, engine_value(olds or {}), bag)
    return found.inputs, found.findings


def references_of(inputs: Properties) -> Mapping[str, object]:
    references = Record.of(inputs).references
    assert isinstance(references, Mapping)
    return references


def check_deployment(stack: FakeStack, pki: Pki, **more: object) -> tuple[Properties, Properties, Properties]:
    """Return the saved inputs of a CA, a client certificate and a pool that refers to both."""
    ca, _ = check_resource(stack, "CertificateAuthority", "ca", {"certificate": pki.ca.pem})
    client, _ = check_resource(stack, "ClientCertificate", "client", client_inputs(pki))
    pool, _ = check_resource(stack, "Pool", "pool", {**mtls_pool(pki), **more, REFERENCES: ROLES})
    return ca, client, pool


def client_inputs(pki: Pki) -> dict[str, object]:
    return {"certificate": pki.client.pem, "private_key": pki.client.key_pem}


def test_a_pool_is_checked_against_the_content_of_its_ca(dated_stack: FakeStack, pki: Pki) -> None:
    backends = {"expected_backend_certificates": [pki.backend.pem]}
    check_resource(dated_stack, "CertificateAuthority", "ca", {"certificate": pki.new_ca.pem})
    _, found = check_resource(dated_stack, "Pool", "pool", {**mtls_pool(pki), **backends, REFERENCES: ROLES})
    assert ("error", "expected_backend_certificates", "BACKEND_NOT_TRUSTED") in codes(found)
    check_resource(dated_stack, "CertificateAuthority", "ca", {"certificate": pki.ca.pem})
    _, found = check_resource(dated_stack, "Pool", "pool", {**mtls_pool(pki), **backends, REFERENCES: ROLES})
    assert codes(found) == []


def test_the_state_has_the_ca_and_digests_of_other_references(dated_stack: FakeStack, pki: Pki) -> None:
    _, client, pool = check_deployment(dated_stack, pki)
    assert Record.of(pool).references == {
        "ca": pki.ca.pem,
        "client_certificate": client["content_sha256"],
        "listener_certificates": [""],
    }


def test_rules_that_need_an_unknown_reference_are_skipped(dated_stack: FakeStack, pki: Pki) -> None:
    backends = {"expected_backend_certificates": [pki.backend.pem]}
    check_resource(dated_stack, "CertificateAuthority", "ca", {"certificate": UNKNOWN})
    pool, found = check_resource(dated_stack, "Pool", "pool", {**mtls_pool(pki), **backends, REFERENCES: ROLES})
    assert codes(found) == []
    # The plan of a preview accepts any value in place of an unknown one, but not another text.
    assert Record.of(pool).references is UNKNOWN


def test_the_state_has_the_ca_of_a_resource_that_is_gone(dated_stack: FakeStack, pki: Pki) -> None:
    """A program that moves to another CA usually drops the resource of the old one."""
    _, client, pool = check_deployment(dated_stack, pki)
    later = dated_stack.next_run()
    check_resource(later, "CertificateAuthority", "new-ca", {"certificate": pki.new_ca.pem})
    check_resource(later, "ClientCertificate", "client", client_inputs(pki), client)
    roles = {**ROLES, "ca": urn_of("CertificateAuthority", "new-ca")}
    _, found = check_resource(
        later, "Pool", "pool", {**mtls_pool(pki), "ca_secret_id": UNKNOWN, REFERENCES: roles}, pool
    )
    assert ("warning", "ca", "CA_DROPPED") in codes(found)


def test_a_targeted_pool_is_checked_against_the_deployed_ca(dated_stack: FakeStack, pki: Pki) -> None:
    """The engine checks only targets. The state of the pool contains the CA to which it refers."""
    backends = {"expected_backend_certificates": [pki.backend.pem]}
    *_, pool = check_deployment(dated_stack, pki)
    later = dated_stack.next_run()
    news = {**mtls_pool(pki), "expected_backend_certificates": [issue("app.example", pki.new_ca).pem]}
    again, found = check_resource(later, "Pool", "pool", {**news, REFERENCES: ROLES}, pool)
    assert ("error", "expected_backend_certificates", "BACKEND_NOT_TRUSTED") in codes(found)
    assert Record.of(again).references == Record.of(pool).references
    _, found = check_resource(later, "Pool", "pool", {**mtls_pool(pki), **backends, REFERENCES: ROLES}, pool)
    assert codes(found) == []


def test_rules_are_skipped_for_a_targeted_pool_with_an_unchecked_ca(dated_stack: FakeStack, pki: Pki) -> None:
    *_, pool = check_deployment(dated_stack, pki)
    later = dated_stack.next_run()
    news = {**mtls_pool(pki), "ca_secret_id": OTHER_ID, "expected_backend_certificates": [pki.backend.pem]}
    again, found = check_resource(later, "Pool", "pool", {**news, REFERENCES: ROLES}, pool)
    assert codes(found) == []
    assert references_of(again)["ca"] == ""


def test_a_change_reports_expired_certificates_except_renewed_ones(dated_stack: FakeStack, pki: Pki) -> None:
    """A change reports the expired CA that stays, but not the client certificate that this run renews."""
    ca, client, pool = check_deployment(dated_stack, pki)
    later = dated_stack.next_run()
    later.clock.advance((END + timedelta(days=1) - NOW).total_seconds())
    far = END + timedelta(days=900)
    ca_renewed = issue_ca("Backends CA", key=pki.ca.key, not_after=far)
    renewed = issue("load-balancer.example", ca_renewed, extended_key_usage=(CLIENT,), not_after=far)
    check_resource(later, "CertificateAuthority", "ca", {"certificate": pki.ca.pem}, ca)
    check_resource(
        later, "ClientCertificate", "client", {"certificate": renewed.pem, "private_key": renewed.key_pem}, client
    )
    news = {**mtls_pool(pki), "secret_id": UNKNOWN, REFERENCES: ROLES}
    _, found = check_resource(later, "Pool", "pool", news, pool)
    assert {each.property for each in found if each.code == "RELOAD_EXPOSES_EXPIRED"} == {"ca"}


def test_an_error_that_is_deployed_already_is_a_warning(dated_stack: FakeStack, pki: Pki) -> None:
    of_another = {"revocation_list": pki.crl(of=pki.new_ca)}
    roles = {**ROLES, "crl": CRL}
    check_resource(dated_stack, "CertificateAuthority", "ca", {"certificate": pki.ca.pem})
    crl, _ = check_resource(dated_stack, "RevocationList", "crl", of_another)
    pool, found = check_resource(
        dated_stack, "Pool", "pool", {**mtls_pool(pki), "crl_secret_id": SOME_ID, REFERENCES: roles}
    )
    assert ("error", "crl", "CRL_OF_ANOTHER_CA") in codes(found)
    later = dated_stack.next_run()
    check_resource(later, "CertificateAuthority", "ca", {"certificate": pki.ca.pem})
    check_resource(later, "RevocationList", "crl", of_another, crl)
    _, found = check_resource(
        later, "Pool", "pool", {**mtls_pool(pki), "crl_secret_id": SOME_ID, REFERENCES: roles}, pool
    )
    assert ("warning", "crl", "CRL_OF_ANOTHER_CA") in codes(found)


def test_a_listener_is_checked_against_the_content_of_its_certificates(dated_stack: FakeStack, pki: Pki) -> None:
    server = {"certificate": pki.server.pem, "private_key": pki.server.key_pem}
    certificate, _ = check_resource(dated_stack, "ListenerCertificate", "server", server)
    roles = {"certificate": urn_of("ListenerCertificate", "server"), "sni_certificates": []}
    news = {"load_balancer_id": SOME_ID, "secret_id": SOME_ID, "host_names": ["third.example"], REFERENCES: roles}
    saved, found = check_resource(dated_stack, "Listener", "listener", news)
    assert codes(found) == [("error", "host_names", "HOST_NAME_NOT_COVERED")]
    assert references_of(saved)["certificate"] == certificate["content_sha256"]
