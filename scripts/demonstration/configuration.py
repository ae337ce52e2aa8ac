"""The stack's configuration: every key that the demo sets stands here."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.reporting import say
from demonstration import stack
from demonstration.backends import ADDRESSES
from demonstration.certificates import CertificateFiles
from demonstration.emulator import PROJECT, REGION, Emulator


@dataclass(frozen=True)
class Setting:
    """A configuration value of the stack.

    Attributes:
        key: Its key; without a namespace it is the project's own. May be a path: `members[0]`.
        value: Its value.
        secret: Whether it is encrypted in the stack's file.
        follows: Whether it is set again when it differs. Else a value that the user chose since then is kept.
        default: What it is according to `Pulumi.yaml` where the stack says nothing.
    """

    key: str
    value: str
    secret: bool = False
    follows: bool = False
    default: str | None = None


def settings(emulator: Emulator, files: CertificateFiles) -> list[Setting]:
    """Return the configuration for an emulator and certificate files."""
    return [
        Setting("gcore:baseUrl", emulator.url, follows=True),
        Setting("gcore:apiKey", emulator.api_key.get_secret_value(), secret=True, follows=True),
        Setting("gcore:projectId", str(PROJECT)),
        Setting("gcore:regionId", str(REGION)),
        Setting("certificate", files.certificate),
        Setting("privateKey", files.private_key),
        *(
            Setting(f"sniCertificates.{name}.{field}", path)
            for name, (certificate, private_key) in files.sni_certificates.items()
            for field, path in (("certificate", certificate), ("privateKey", private_key))
        ),
        Setting("clientCertificate", files.client_certificate),
        Setting("clientPassword", files.client_password.get_secret_value(), secret=True, follows=True),
        Setting("ca", files.ca),
        Setting("crl", files.crl),
        Setting("backendCertificates[0]", files.backend, default="[]"),
        *(Setting(f"members[{index}]", address) for index, address in enumerate(ADDRESSES[:2])),
    ]


def configure(emulator: Emulator, files: CertificateFiles) -> None:
    """Set what the stack's configuration lacks, and what differs though it must follow emulator and certificates."""
    present = stack.configuration()
    plain: dict[str, str] = {}
    unchanged = True
    for setting in settings(emulator, files):
        top_level = setting.key.partition(".")[0].partition("[")[0]
        value = present.get(top_level)
        if value not in (None, setting.default) and not (setting.follows and value != setting.value):
            continue
        unchanged = False
        if setting.secret:
            stack.configure_secret(setting.key, setting.value)
        else:
            plain[setting.key] = setting.value
        say(f"      {setting.key}: {'[secret]' if setting.secret else setting.value}")
    if plain:
        stack.configure_plain(plain)
    if unchanged:
        say("      unchanged")
