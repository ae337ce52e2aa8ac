"""Switch that turns all tuning off."""

from __future__ import annotations

import pytest

from gcore_tls_provider.pulumi_internals import tuning


@pytest.mark.parametrize(("value", "expected"), [(None, True), ("", True), ("0", True), ("1", False), ("yes", False)])
def test_tuning_is_on_unless_the_variable_is_set(
    value: str | None, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(tuning.NO_TUNING, raising=False)
    if value is not None:
        monkeypatch.setenv(tuning.NO_TUNING, value)
    assert tuning.is_enabled() is expected
