"""The stack that gives out certificates: here from files, in earnest from whatever issues yours."""

from pathlib import Path

import pulumi

config = pulumi.Config()
for name in ("certificate", "privateKey", "clientCertificate", "clientKey", "ca"):
    # As secrets: a stack that reads them gets them encrypted, and keeps them so.
    pulumi.export(name, pulumi.Output.secret(Path(config.require(name)).read_text()))
