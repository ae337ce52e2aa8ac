"""Output with an unknown value in a preview."""

from __future__ import annotations

import asyncio

from gcore_tls_provider.pulumi_internals.unknown_output import unknown_output


def test_output_is_unknown_without_dependencies_and_not_secret() -> None:
    async def program() -> tuple[object, ...]:
        output = unknown_output()
        return await output.is_known(), await output.is_secret(), await output.resources(), await output.future()

    loop = asyncio.new_event_loop()
    try:
        assert loop.run_until_complete(program()) == (False, False, set(), None)
    finally:
        loop.close()
