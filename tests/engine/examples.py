"""Examples: configuration, created objects, and one change with its preview."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gcore_emulator.settings import Dialect
from gcore_tls_provider.certificates import DevelopmentCa, DevelopmentFiles
from tests.engine.stack import ROOT, Stack

Objects = Mapping[str, int]


@dataclass(frozen=True)
class Example:
    """Example, its configuration, and one change to it.

    Attributes:
        folder: Path from the repository's root.
        configuration: Returns the configuration with paths of certificate files.
        created: Numbers of objects in the emulator after `up`, by kind.
        change: Changes the program or its configuration.
        expected: Lines of `preview --diff` for the change.
        counts: Summary of that preview.
        dialects: Dialects of the emulator.
    """

    folder: str
    configuration: Callable[[DevelopmentFiles], dict[str, object]]
    created: Objects
    change: Callable[[Stack, DevelopmentFiles], None]
    expected: tuple[str, ...]
    counts: Mapping[str, int]
    dialects: tuple[Dialect, ...] = ("guide", "openapi")


def listener_files(files: DevelopmentFiles) -> dict[str, object]:
    """Return the configuration of the listener certificate."""
    return {"certificate": str(files.server), "privateKey": str(files.server_key)}


def client_files(files: DevelopmentFiles) -> dict[str, object]:
    """Return the configuration of the client certificate and the CA."""
    return {"clientCertificate": str(files.client), "clientKey": str(files.client_key), "ca": str(files.ca)}


def _reissue_listener_certificate(stack: Stack, _: DevelopmentFiles) -> None:
    """Reissue the certificate with one more name, as `docs/preview.md` shows."""
    issued = DevelopmentCa.create("Development Server CA").issue_server(["app.example.com", "www.example.com"])
    for key, text in (("certificate", issued.full_chain_pem), ("privateKey", issued.private_key_pem)):
        path = stack.home / f"{key}.pem"
        path.write_text(text)
        stack.configure({key: path})


def _add_member(stack: Stack, _: DevelopmentFiles) -> None:
    stack.configure({"members": ["10.0.0.11", "10.0.0.12", "10.0.0.13"]})


def _remove_crl(stack: Stack, _: DevelopmentFiles) -> None:
    program = stack.program / "__main__.py"
    text = program.read_text()
    assert "    crl=crl,\n" in text
    program.write_text(text.replace("    crl=crl,\n", ""))


def _remove_sni_name(stack: Stack, files: DevelopmentFiles) -> None:
    default = {"certificate": str(files.server), "privateKey": str(files.server_key)}
    stack.configure({"certificates": {"default": default}})


def _add_crl(stack: Stack, files: DevelopmentFiles) -> None:
    stack.configure({"crl": str(files.crl)})


def _add_host_name(stack: Stack, _: DevelopmentFiles) -> None:
    stack.configure({"hostNames": ["app.example.com", "www.example.com"]})


def issuer_of(stack: Stack) -> Stack:
    """Return the stack that exports certificates, in the same backend."""
    return Stack(stack.home / "issuer", stack.home, stack.variables)


def _change_certificate_of_issuer(stack: Stack, files: DevelopmentFiles) -> None:
    issuer = issuer_of(stack)
    issuer.configure({"certificate": str(files.shop), "privateKey": str(files.shop_key)})
    issuer.up().expect_success()


def _add_machine(stack: Stack, _: DevelopmentFiles) -> None:
    stack.configure({"machines": 3})


def _block_of_the_preview_page(first_line: str) -> tuple[str, ...]:
    page = (ROOT / "docs" / "preview.md").read_text()
    blocks: list[str] = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    (block,) = (each for each in blocks if each.startswith(first_line))
    return tuple(" ".join(line.split()) for line in block.splitlines())


MEMBERS: dict[str, object] = {"members": ["10.0.0.11", "10.0.0.12"]}

EXAMPLES = {
    "root": Example(
        folder=".",
        configuration=lambda files: {
            **listener_files(files),
            "sniCertificates": {"shop": {"certificate": str(files.shop), "privateKey": str(files.shop_key)}},
            "clientCertificate": str(files.client_pkcs12),
            "ca": str(files.ca),
            "crl": str(files.crl),
            **MEMBERS,
        },
        created={"secrets": 5, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_reissue_listener_certificate,
        expected=_block_of_the_preview_page("+-pulumi-python:dynamic/gcore:ListenerCertificate: (replace)"),
        counts={"to update": 1, "to replace": 1},
    ),
    "tls-termination": Example(
        folder="examples/tls-termination",
        configuration=lambda files: {**listener_files(files), **MEMBERS},
        created={"secrets": 1, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_add_member,
        expected=(
            "~ pulumi-python:dynamic/gcore:Pool: (update)",
            "+ [2]: {",
            '+ address : "10.0.0.13"',
            "+ protocol_port: 8080",
        ),
        counts={"to update": 1},
    ),
    "mtls-backend": Example(
        folder="examples/mtls-backend",
        configuration=lambda files: {
            **listener_files(files),
            **client_files(files),
            "crl": str(files.crl),
            "hostNames": ["app.example.com"],
            "backendCertificates": [str(files.backend)],
            **MEMBERS,
        },
        created={"secrets": 4, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_remove_crl,
        expected=("~ pulumi-python:dynamic/gcore:Pool: (update)", "- crl_secret_id : "),
        counts={"to update": 1},
    ),
    "existing-load-balancer": Example(
        folder="examples/existing-load-balancer",
        configuration=lambda files: {**listener_files(files), **client_files(files), **MEMBERS},
        created={"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_reissue_listener_certificate,
        expected=(
            "+-pulumi-python:dynamic/gcore:ListenerCertificate: (replace)",
            "~ fingerprint_sha256: ",
            "~ secret_id : ",
        ),
        counts={"to update": 1, "to replace": 1},
    ),
    "sni": Example(
        folder="examples/sni",
        configuration=lambda files: {
            "certificates": {
                "default": {"certificate": str(files.server), "privateKey": str(files.server_key)},
                "shop": {"certificate": str(files.shop), "privateKey": str(files.shop_key)},
            },
            **MEMBERS,
        },
        created={"secrets": 2, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_remove_sni_name,
        expected=(
            "- pulumi-python:dynamic/gcore:ListenerCertificate: (delete)",
            "~ pulumi-python:dynamic/gcore:Listener: (update)",
            "~ sni_secret_id : [",
            "- [0]: ",
        ),
        counts={"to update": 1, "to delete": 1},
    ),
    "adoption": Example(
        folder="examples/adoption",
        configuration=lambda files: {**listener_files(files), **client_files(files), **MEMBERS},
        created={"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_add_member,
        expected=("~ pulumi-python:dynamic/gcore:Pool: (update)", '+ address : "10.0.0.13"'),
        counts={"to update": 1},
    ),
    "attachment": Example(
        folder="examples/attachment",
        configuration=client_files,
        created={"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_add_crl,
        expected=(
            "+ pulumi-python:dynamic/gcore:RevocationList: (create)",
            "~ pulumi-python:dynamic/gcore:PoolTlsAttachment: (update)",
            "+ crl_secret_id: [unknown]",
        ),
        counts={"to create": 1, "to update": 1},
    ),
    "two-regions": Example(
        folder="examples/two-regions",
        configuration=lambda files: {**listener_files(files), **client_files(files), **MEMBERS},
        created={"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_add_member,
        expected=("~ pulumi-python:dynamic/gcore:Pool: (update)", '+ address : "10.0.0.13"'),
        counts={"to update": 2},
    ),
    "certificate-from-another-resource": Example(
        folder="examples/certificate-from-another-resource",
        configuration=lambda files: {"hostNames": ["app.example.com"], **MEMBERS},
        created={"secrets": 1, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_add_host_name,
        expected=(
            "+-pulumi-python:dynamic/gcore:ListenerCertificate: (replace)",
            '~ fingerprint_sha256: "',
            "~ pulumi-python:dynamic/gcore:Listener: (update)",
        ),
        counts={"to update": 1, "to replace": 2},
    ),
    "certificates-from-another-stack": Example(
        folder="examples/certificates-from-another-stack",
        configuration=lambda _: {"certificates": "organization/issuer/test", **MEMBERS},
        created={"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_change_certificate_of_issuer,
        expected=(
            "+-pulumi-python:dynamic/gcore:ListenerCertificate: (replace)",
            '~ fingerprint_sha256: "',
            "~ pulumi-python:dynamic/gcore:Listener: (update)",
        ),
        counts={"to update": 1, "to replace": 1},
        dialects=("openapi",),
    ),
    "composition": Example(
        folder="examples/composition",
        configuration=lambda _: {"hostName": "app.example.com", "machines": 2},
        created={"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_add_machine,
        expected=(
            "+ pulumi-python:dynamic:Resource: (create)",
            "~ pulumi-python:dynamic/gcore:Pool: (update)",
            "+ [2]: {",
            "+ address : [unknown]",
        ),
        counts={"to create": 1, "to update": 1},
        dialects=("openapi",),
    ),
}
