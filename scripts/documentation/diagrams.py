"""Draw the diagrams of the pages.

`PYTHONPATH=scripts .venv/bin/python -m documentation.diagrams` writes them to `docs/diagrams`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from documentation.drawing import Drawing

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "diagrams"


def overview() -> Drawing:
    """Draw which certificate each side presents, and the resource of each."""
    drawing = Drawing("Certificates between clients, load balancer and backends", 860, 300)
    drawing.box(20, 110, 110, ["clients"])
    drawing.box(300, 30, 260, [], height=240)
    drawing.text(430, 62, "load balancer", "bold")
    drawing.box(320, 100, 100, ["listener"], "strong", 80)
    drawing.box(440, 100, 100, ["pool"], "strong", 80)
    drawing.box(740, 60, 100, ["backend"], height=60)
    drawing.box(740, 170, 100, ["backend"], height=60)
    drawing.arrow(130, 132, 318, 132, ["TLS"])
    drawing.text(214, 152, "server certificate:", "small")
    drawing.text(214, 170, "ListenerCertificate", "small")
    drawing.arrow(540, 125, 738, 95, ["mutual TLS"])
    drawing.arrow(540, 155, 738, 195)
    drawing.text(430, 205, "CA: CertificateAuthority", "small")
    drawing.text(430, 225, "CRL: RevocationList", "small")
    drawing.text(430, 245, "client certificate: ClientCertificate", "small")
    return drawing


def architecture() -> Drawing:
    """Draw the layers from a program to Gcore's API."""
    drawing = Drawing("The layers of the package, from a program to Gcore's API", 860, 560)
    drawing.box(30, 20, 360, ["Pulumi program", "resources/, gcore_tls_components"], height=60)
    drawing.box(470, 20, 360, ["Pulumi engine", "plans, and keeps the encrypted state"], height=60)
    drawing.arrow(390, 50, 468, 50, ["registers"])
    drawing.box(30, 140, 360, ["dynamic/", "today: dynamic providers, for Python"], "strong", 60)
    drawing.box(470, 140, 360, ["native/", "planned: gRPC provider, for all languages"], "plain", 60)
    drawing.arrow(560, 80, 300, 138, [])
    drawing.arrow(650, 80, 650, 138, [])
    drawing.text(560, 122, "check, diff, create, ...", "small")
    drawing.box(30, 250, 800, [], "good", 150)
    drawing.text(430, 276, "lifecycle/", "bold")
    for x, name, meaning in (
        (50, "plan", "check, diff"),
        (206, "apply", "create, update, ..."),
        (362, "recovery", "exactly once"),
        (518, "kinds", "pool, listener, ..."),
        (674, "run", "locks, waiting"),
    ):
        drawing.box(x, 300, 136, [name, meaning], "plain", 60)
    drawing.text(430, 386, "no import of Pulumi", "small")
    drawing.arrow(210, 200, 210, 248)
    drawing.arrow(650, 200, 650, 248)
    drawing.text(430, 222, "resource context, engine port", "small")
    drawing.box(30, 430, 360, ["certificates/", "parse, findings, rules"], height=50)
    drawing.box(470, 430, 360, ["api/", "client, routes, tasks"], height=50)
    drawing.arrow(210, 400, 210, 428)
    drawing.arrow(650, 400, 650, 428)
    drawing.box(470, 510, 360, ["Gcore's API, or gcore_emulator"], height=40)
    drawing.arrow(650, 480, 650, 508)
    return drawing


def replacement() -> Drawing:
    """Draw the order in which a certificate is replaced."""
    drawing = Drawing("Replacement of a certificate in one run", 760, 230)
    steps = ((200, "1. create"), (380, "2. repoint"), (560, "3. delete"))
    for x, text in steps:
        drawing.text(x, 30, text, "bold")
        drawing.line(x, 40, x, 200)
    for y, text in ((73, "old secret"), (123, "new secret"), (173, "listener or pool")):
        drawing.text(70, y, text, "small")
    drawing.bar(140, 55, 420, "exists", "gone")
    drawing.bar(200, 105, 520, "exists", "good")
    drawing.bar(140, 155, 240, "uses the old one", "gone")
    drawing.bar(380, 155, 340, "uses the new one", "good")
    drawing.arrow(140, 212, 740, 212)
    return drawing


def authority() -> Drawing:
    """Draw the three steps in which a CA is replaced."""
    drawing = Drawing("Replacement of a CA in three steps", 760, 230)
    for x, text in ((240, "1. add"), (410, "2. reissue"), (600, "3. drop")):
        drawing.text(x, 30, text, "bold")
    for x in (240, 600):
        drawing.line(x, 40, x, 200)
    for y, text in ((73, "old CA"), (123, "new CA"), (173, "backends present")):
        drawing.text(75, y, text, "small")
    drawing.bar(150, 55, 450, "the load balancer trusts the old CA", "gone")
    drawing.bar(240, 105, 490, "the load balancer trusts the new CA", "good")
    drawing.bar(150, 155, 170, "old certificates", "gone")
    drawing.bar(320, 155, 180, "some old, some new", "plain")
    drawing.bar(500, 155, 230, "new certificates", "good")
    drawing.arrow(150, 212, 740, 212)
    return drawing


def name() -> Drawing:
    """Draw the parts of an object's name."""
    drawing = Drawing("The three parts of a name", 760, 150)
    for x, width, part, lines in (
        (30, 200, "web-pool", ["the resource's name", "in the program"]),
        (270, 220, "1a2b3c4d", ["digest of stack and URN:", "unique to this resource"]),
        (530, 200, "5e6f70", ["create attempt: unique", "to this object"]),
    ):
        drawing.parts.append(f'<rect x="{x}" y="20" width="{width}" height="46" rx="6" fill="#dbe7ff"/>')
        drawing.text(x + width // 2, 51, part, "large")
        for index, line in enumerate(lines):
            drawing.text(x + width // 2, 92 + 18 * index, line, "small")
    for x in (250, 510):
        drawing.text(x, 51, "-", "large")
    return drawing


def secrets() -> Drawing:
    """Draw the path of a private key."""
    drawing = Drawing("The path of a private key", 920, 300)
    drawing.box(20, 40, 140, ["file, Vault, …"], height=60)
    drawing.box(210, 40, 130, ["program", "marks it secret"], height=60)
    drawing.box(390, 40, 130, ["Pulumi's engine"], height=60)
    drawing.box(570, 40, 140, ["provider process", "in memory"], height=60)
    drawing.box(790, 40, 110, ["Gcore", "never read back"], height=60)
    drawing.arrow(160, 70, 208, 70)
    drawing.arrow(340, 70, 388, 70)
    drawing.arrow(520, 70, 568, 70)
    drawing.arrow(710, 70, 788, 70, ["HTTPS"])
    drawing.box(350, 200, 210, ["state", "keys encrypted", "by the secrets provider"], "good", 84)
    drawing.arrow(455, 100, 455, 198)
    drawing.box(
        630, 200, 240, ["preview, state, logs", "subject, names, dates, fingerprint", "in plaintext"], "strong", 84
    )
    drawing.arrow(640, 100, 720, 198)
    drawing.text(790, 150, "public facts only", "small")
    return drawing


ALL: Final[Mapping[str, Drawing]] = {
    "architecture": architecture(),
    "overview": overview(),
    "replacement": replacement(),
    "authority": authority(),
    "name": name(),
    "secrets": secrets(),
}
"""Diagrams by file name."""


def main() -> None:
    """Write all diagrams."""
    FOLDER.mkdir(exist_ok=True)
    for file, drawing in ALL.items():
        (FOLDER / f"{file}.svg").write_text(drawing.svg())


if __name__ == "__main__":
    main()
