"""Entry point of `gcore-emulator` and of `python -m gcore_emulator`."""

import sys
from typing import Final

_EXTRA: Final = frozenset({"fastapi", "fastapi_offline", "starlette", "typer", "uvicorn"})
"""Import names of the packages that the extra `emulator` installs."""


def main() -> None:
    """Run the command; without the extra `emulator`, print in one line what to install.

    Raises:
        SystemExit: With 2 if a package of the extra is missing.
    """
    try:
        from gcore_emulator.command import cli
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _EXTRA:
            raise
        print(
            # By its path: no package index has the package, so the name could be another one's.
            "gcore-emulator needs packages that are not installed. Run: "
            "pip install '/path/to/gcore-tls-provider[emulator]'",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
    cli(prog_name="gcore-emulator")


if __name__ == "__main__":
    main()
