"""Reports from the tables: filled messages, severities, and errors for wrong calls."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError, field_validator

from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.certificates.findings.report import fill, material_error, report
from gcore_tls_provider.certificates.findings.validation import validation_error


def test_report_fills_the_message_of_the_code() -> None:
    finding = report("PINNED_CERTIFICATE", "ca", subject="CN=app.example.com")

    assert (finding.code, finding.severity, finding.property) == ("PINNED_CERTIFICATE", "warning", "ca")
    assert finding.sentence.startswith("'CN=app.example.com' is a self-signed server certificate, not a CA:")


def test_property_fills_its_placeholder() -> None:
    assert report("DOUBLE_BASE64", "private_key").sentence == "private_key is base64 of base64."


def test_first_severity_is_the_default_and_others_are_chosen() -> None:
    assert report("CRL_INCOMPLETE", "crl", subject="CN=Root").severity == "error"
    assert report("CRL_INCOMPLETE", "crl", severity="warning", subject="CN=Root").severity == "warning"


def test_braces_in_a_value_are_not_interpreted() -> None:
    finding = report("PINNED_CERTIFICATE", "ca", subject="CN={property} {0} {{x}}")

    assert "'CN={property} {0} {{x}}'" in finding.sentence


def test_material_error_has_one_finding_of_severity_error() -> None:
    error = material_error("SEVERAL_KEYS", "private_key", message="pem", count=2)

    assert error.findings == (report("SEVERAL_KEYS", "private_key", message="pem", count=2),)
    assert error.finding.severity == "error"


@pytest.mark.parametrize("values", [{}, {"subject": "CN=Root", "issuer": "CN=Root"}, {"issuer": "CN=Root"}])
def test_missing_or_superfluous_value_is_an_error(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"needs \['subject'\]"):
        fill("PINNED_CERTIFICATE", "ca", **values)


@pytest.mark.parametrize(("code", "message"), [("UNKNOWN", "default"), ("SEVERAL_KEYS", "default")])
def test_unknown_code_or_message_is_an_error(code: str, message: str) -> None:
    with pytest.raises(LookupError):
        report(code, "ca", message=message)


def test_severity_that_the_code_does_not_have_is_an_error() -> None:
    with pytest.raises(ValueError, match="PINNED_CERTIFICATE is not reported as error"):
        report("PINNED_CERTIFICATE", "ca", severity="error", subject="CN=Root")


class Settings(BaseModel):
    address: str

    @field_validator("address")
    @classmethod
    def _is_address(cls, value: str) -> str:
        raise validation_error("NOT_AN_ADDRESS", value=f"'{value}'")


def test_validation_error_contains_code_sentence_and_remedy() -> None:
    with pytest.raises(ValidationError) as raised:
        Settings(address="{remedy} app.example.com")

    (detail,) = raised.value.errors()
    assert detail["type"] == "NOT_AN_ADDRESS"
    found = Finding(detail["type"], "error", "address", detail["ctx"]["sentence"], detail["ctx"]["remedy"])
    assert str(found) == (
        "'{remedy} app.example.com' is not an IP address. Give an IPv4 or IPv6 address, not a host name."
    )
