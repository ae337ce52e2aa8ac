"""Previews of the programs on pages, without Pulumi's engine, and the commands on pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from gcore_tls_provider.hidden_inputs import RECORD
from gcore_tls_provider.lifecycle import plan
from gcore_tls_provider.lifecycle.inputs.properties import format_finding
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.inputs.reference_cache import CertificateCache
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from gcore_tls_provider.lifecycle.run.context import ResourceContext
from gcore_tls_provider.lifecycle.session import Session
from tests.fake_engine.recording_engine import RecordingEngine
from tests.fake_engine.stack import engine_value
from tests.resources.program import GCORE, DeclaredResource, run

_CONFIGURED = {"gcore:projectId": "1", "gcore:regionId": "1"}


def commands(text: str) -> list[str]:
    """Return the lines of the text's console blocks that a reader types, without their comments."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    lines = (line for block in blocks for line in block.splitlines() if line.startswith("$ "))
    return [line.removeprefix("$ ").partition("  # ")[0].rstrip() for line in lines]


@dataclass
class Folder:
    """Folder of a program.

    Attributes:
        path: Folder with the files that the page names.
        last: Inputs of the last preview by resource name.
    """

    path: Path
    last: dict[str, Mapping[str, object]]

    def findings(self, program: str) -> list[str]:
        """Return the lines that a preview prints for a program, sorted by resource name."""
        session, certificates = (
            Session.start(Configuration.read(_CONFIGURED.get, {}), RecordingEngine()),
            CertificateCache(),
        )
        findings: dict[str, list[str]] = {}
        declared = run(lambda: exec(compile(program, "program", "exec"), {"__name__": "__main__"})).declared
        for name, each in declared.items():
            if each.type.startswith(GCORE):
                inputs = engine_value(_inputs(each))
                context = ResourceContext.of(Record.of(inputs))
                olds = engine_value(self.last.get(name, {}))
                kind = KINDS[each.type.removeprefix(GCORE)]
                outcome = plan.check(kind, session, context, certificates, olds, inputs)
                certificates.put(outcome.published)
                findings[name] = [f"{finding.severity}: {format_finding(finding)}" for finding in outcome.findings]
                self.last[name] = outcome.inputs
        return [each for name in sorted(findings) for each in findings[name]]


def _inputs(declared: DeclaredResource) -> Mapping[str, Any]:
    return {**{key: _as_ids(value) for key, value in declared.inputs.items()}, RECORD: declared.record}


def _as_ids(value: object) -> object:
    """Return an ID that the fake engine has made up in the form of Gcore's IDs, and other values unchanged."""
    if isinstance(value, list):
        return [_as_ids(each) for each in value]
    return str(uuid5(NAMESPACE_URL, value)) if isinstance(value, str) and value.endswith("-id") else value
