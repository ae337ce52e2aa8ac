"""Bootstrap of the scripts: the virtual environment and the Pulumi engine.

Runs under the system's Python (3.10 or newer) with the standard library alone.
"""

import sys

if sys.version_info < (3, 10):  # noqa: UP036 - the scripts start under whatever `python3` the machine has
    sys.exit(
        f"error: `python3` is version {sys.version.split()[0]}. Install Python 3.10 or newer and put it first on PATH."
    )
