"""What the package's commands say where the extra that they need isn't installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Set
from contextlib import contextmanager


@contextmanager
def require_extra(packages: Set[str], command: str, extra: str) -> Iterator[None]:
    """Imports inside of it may fail where packages of an extra are missing: one line says what to install.

    Args:
        packages: the import names of the extra's packages.
        command: the command that needs them.
        extra: the name of the extra.

    Raises:
        SystemExit: with 2, where one of the packages is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in packages:
            raise
        print(
            f"{command} needs packages that aren't installed: pip install 'gcore-tls-provider[{extra}]'",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
