"""The diagrams of the pages. `PYTHONPATH=scripts python -m documentation.diagrams` writes them to `docs/diagrams`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from documentation.drawing import Drawing

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "diagrams"


def overview() -> Drawing:
    """Who shows which certificate to whom, and the resource of each."""
    drawing = Drawing("Who shows which certificate to whom", 860, 300)
    drawing.box(20, 110, 110, ["clients"])
    drawing.box(300, 30, 260, [], height=240)
    drawing.text(430, 62, "load balancer", "bold")
    drawing.box(320, 100, 100, ["listener"], "strong", 80)
    drawing.box(440, 100, 100, ["pool"], "strong", 80)
    drawing.box(740, 60, 100, ["backend"], height=60)
    drawing.box(740, 170, 100, ["backend"], height=60)
    drawing.arrow(130, 132, 318, 132, ["TLS"])
    drawing.text(214, 152, "shown to clients:", "small")
    drawing.text(214, 170, "ListenerCertificate", "small")
    drawing.arrow(540, 125, 738, 95, ["mutual TLS"])
    drawing.arrow(540, 155, 738, 195)
    drawing.text(430, 205, "trusted: CertificateAuthority", "small")
    drawing.text(430, 225, "no longer: RevocationList", "small")
    drawing.text(430, 245, "shown to backends: ClientCertificate", "small")
    return drawing


def replacement() -> Drawing:
    """The order in which a certificate is replaced."""
    drawing = Drawing("How one run replaces a certificate", 760, 230)
    steps = ((200, "1. made"), (380, "2. pointed to"), (560, "3. deleted"))
    for x, text in steps:
        drawing.text(x, 30, text, "bold")
        drawing.line(x, 40, x, 200)
    for y, text in ((73, "old secret"), (123, "new secret"), (173, "listener or pool")):
        drawing.text(70, y, text, "small")
    drawing.bar(140, 55, 420, "there", "gone")
    drawing.bar(200, 105, 520, "there", "good")
    drawing.bar(140, 155, 240, "uses the old one", "gone")
    drawing.bar(380, 155, 340, "uses the new one", "good")
    drawing.arrow(140, 212, 740, 212)
    return drawing


def authority() -> Drawing:
    """The three steps in which an authority is replaced."""
    drawing = Drawing("Replacing a certificate authority in three steps", 760, 230)
    for x, text in ((240, "1. add"), (410, "2. reissue"), (600, "3. drop")):
        drawing.text(x, 30, text, "bold")
    for x in (240, 600):
        drawing.line(x, 40, x, 200)
    for y, text in ((73, "trusts the old one"), (123, "trusts the new one"), (173, "backends show")):
        drawing.text(75, y, text, "small")
    drawing.bar(150, 55, 450, "the load balancer trusts the old authority", "gone")
    drawing.bar(240, 105, 490, "the load balancer trusts the new authority", "good")
    drawing.bar(150, 155, 170, "old certificates", "gone")
    drawing.bar(320, 155, 180, "some old, some new", "plain")
    drawing.bar(500, 155, 230, "new certificates", "good")
    drawing.arrow(150, 212, 740, 212)
    return drawing


def name() -> Drawing:
    """What a name is made of."""
    drawing = Drawing("The three parts of a name", 760, 150)
    for x, width, part, lines in (
        (30, 200, "web-pool", ["what the program", "calls the resource"]),
        (270, 220, "1a2b3c4d", ["whose it is: no other stack", "or resource gives it"]),
        (530, 200, "5e6f70", ["which of the resource's", "objects it is"]),
    ):
        drawing.parts.append(f'<rect x="{x}" y="20" width="{width}" height="46" rx="6" fill="#dbe7ff"/>')
        drawing.text(x + width // 2, 51, part, "large")
        for index, line in enumerate(lines):
            drawing.text(x + width // 2, 92 + 18 * index, line, "small")
    for x in (250, 510):
        drawing.text(x, 51, "-", "large")
    return drawing


def secrets() -> Drawing:
    """The way of a private key."""
    drawing = Drawing("Where private keys are", 920, 300)
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
    drawing.box(630, 200, 240, ["preview, state, logs", "subject, names, dates, fingerprint", "in clear"], "strong", 84)
    drawing.arrow(640, 100, 720, 198)
    drawing.text(790, 150, "public facts only", "small")
    return drawing


ALL: Final[Mapping[str, Drawing]] = {
    "overview": overview(),
    "replacement": replacement(),
    "authority": authority(),
    "name": name(),
    "secrets": secrets(),
}
"""The diagrams, by the names of their files."""


def main() -> None:
    """Writes all of them."""
    FOLDER.mkdir(exist_ok=True)
    for file, drawing in ALL.items():
        (FOLDER / f"{file}.svg").write_text(drawing.svg())


if __name__ == "__main__":
    main()
