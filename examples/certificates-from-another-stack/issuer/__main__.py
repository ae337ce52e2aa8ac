"""The stack that exports certificates: here from files, in production from your issuer."""

from pathlib import Path

import pulumi

config = pulumi.Config()
for name in ("certificate", "privateKey", "clientCertificate", "clientKey", "ca"):
    # As secrets, so that they stay encrypted in the state of each stack that reads them.
    pulumi.export(name, pulumi.Output.secret(Path(config.require(name)).read_text()))
