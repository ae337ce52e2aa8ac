"""Configuration of the stack: all keys that the demo sets."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.reporting import print_line
from demonstration import stack
from demonstration.backends import ADDRESSES
from demonstration.certificates import CertificateFiles
from demonstration.emulator import PROJECT, REGION, Emulator


@dataclass(frozen=True)
class Setting:
    """A configuration value of the stack.

    Attributes:
        key: The key, in the project's namespace unless it names another. Can be a path: `members[0]`.
        value: The value.
        secret: Whether the stack's file has it encrypted.
        overwrite: Whether the demo replaces a different value. Otherwise it keeps the user's value.
        default: Default in `Pulumi.yaml`.
    """

    key: str
    value: str
    secret: bool = False
    overwrite: bool = False
    default: str | None = None


def settings(emulator: Emulator, files: CertificateFiles) -> list[Setting]:
    """Return the configuration for an emulator and certificate files."""
    return [
        Setting("gcore:baseUrl", emulator.url, overwrite=True),
        Setting("gcore:apiKey", emulator.api_key.get_secret_value(), secret=True, overwrite=True),
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
        Setting("clientPassword", files.client_password.get_secret_value(), secret=True, overwrite=True),
        Setting("ca", files.ca),
        Setting("crl", files.crl),
        Setting("backendCertificates[0]", files.backend, default="[]"),
        *(Setting(f"members[{index}]", address) for index, address in enumerate(ADDRESSES[:2])),
    ]


def configure(emulator: Emulator, files: CertificateFiles) -> None:
    """Set the missing values, and the different values among those that the emulator and the certificates determine."""
    present = stack.configuration()
    plain: dict[str, str] = {}
    unchanged = True
    for setting in settings(emulator, files):
        top_level = setting.key.partition(".")[0].partition("[")[0]
        value = present.get(top_level)
        if value not in (None, setting.default) and not (setting.overwrite and value != setting.value):
            continue
        unchanged = False
        if setting.secret:
            stack.configure_secret(setting.key, setting.value)
        else:
            plain[setting.key] = setting.value
        print_line(f"      {setting.key}: {'[secret]' if setting.secret else setting.value}")
    if plain:
        stack.configure_plain(plain)
    if unchanged:
        print_line("      unchanged")
