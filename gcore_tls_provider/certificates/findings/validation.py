"""Findings of pydantic validators. A module of its own, because the tables are used without pydantic too."""

from __future__ import annotations

from pydantic_core import PydanticCustomError

from gcore_tls_provider.certificates.findings.report import fill
from gcore_tls_provider.certificates.findings.table import DEFAULT


def validation_error(code: str, /, *, message: str = DEFAULT, **values: object) -> PydanticCustomError:
    """Return the error that a validator raises: a finding on the property that it validates.

    Its type is the code, and its context has the `sentence` and the `remedy`.

    Args:
        code: Code of the finding.
        message: Key of the message, for a code that has several.
        values: Values of the message's placeholders. `{property}` is not available: pydantic adds the location later.

    Raises:
        LookupError: There is no such code or message.
        ValueError: The values are not those of the message.
    """
    sentence, remedy = fill(code, "", message=message, **values)
    # Pydantic formats this text with the context, so that braces in a user's value stay as they are.
    return PydanticCustomError(code, "{sentence} {remedy}", {"sentence": sentence, "remedy": remedy})
