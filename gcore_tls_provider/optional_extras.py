"""One-line error for a command whose optional dependencies (an extra) are not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Set
from contextlib import contextmanager


@contextmanager
def require_extra(packages: Set[str], command: str, extra: str) -> Iterator[None]:
    """Exit with a one-line install instruction if an import in the block fails because an extra is missing.

    Args:
        packages: Import names of the extra's packages.
        command: Command that needs them.
        extra: Name of the extra.

    Raises:
        SystemExit: One of the packages is missing; the exit code is 2.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in packages:
            raise
        print(
            # By its path: no package index has the package, so the name could be another one's.
            f"{command} needs packages that are not installed. Run: pip install '/path/to/gcore-tls-provider[{extra}]'",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
