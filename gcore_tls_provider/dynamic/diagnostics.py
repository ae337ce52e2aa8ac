"""Reporting of findings: all findings of a program in one preview, each on its own resource.

The engine ends a preview at the first failed check. So a resource that others depend on defers its errors: they are
shown on it, and the check of the last dependent fails for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.lifecycle.inputs.properties import format_finding
from gcore_tls_provider.lifecycle.run.engine_port import EnginePort

_Key: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True)
class Dependencies:
    """Dependencies of one resource, as its program declares them.

    Attributes:
        errors_deferred: Another resource's check fails for this one's errors.
        reports_errors_of: URNs of the resources for whose errors this one's check fails.
    """

    errors_deferred: bool = False
    reports_errors_of: tuple[str, ...] = ()

    @classmethod
    def of(cls, resource: Mapping[str, object]) -> Dependencies:
        """Read the dependencies from the resource part of a program's hidden record."""
        urns = resource.get("reports_errors_of")
        return cls(
            resource.get("errors_deferred") is True,
            tuple(map(str, urns)) if isinstance(urns, (list, tuple)) else (),
        )


@dataclass
class Diagnostics:
    """Findings that this process has reported.

    Attributes:
        engine: Engine that shows warnings and deferred errors.
        urns_with_errors: URNs of the resources whose last check has found errors.
    """

    engine: EnginePort
    urns_with_errors: set[str] = field(default_factory=set)
    _reported: dict[str, frozenset[_Key]] = field(default_factory=dict)

    def report(self, urn: str, dependencies: Dependencies, findings: Sequence[Finding]) -> list[str]:
        """Report the findings of a check, and return the errors that fail it.

        Args:
            urn: URN of the resource.
            dependencies: Dependencies of the resource.
            findings: Findings of its check.
        """
        # A finding shared by a CRL and its pool is reported once, on the CRL.
        elsewhere = {key for each in dependencies.reports_errors_of for key in self._reported.get(each, ())}
        self._reported[urn] = frozenset(map(_key, findings))
        new = [each for each in findings if _key(each) not in elsewhere]
        for finding in new:
            if finding.severity == "warning":
                self.engine.warn(urn, format_finding(finding))
        errors = [format_finding(each) for each in new if each.severity == "error"]
        self.urns_with_errors.discard(urn)
        if any(each.severity == "error" for each in findings):
            self.urns_with_errors.add(urn)
        if dependencies.errors_deferred:
            for error in errors:
                self.engine.error(urn, error)
            return []
        return errors + self._errors_of_dependencies(dependencies)

    def _errors_of_dependencies(self, dependencies: Dependencies) -> list[str]:
        failed = {urn for urn in dependencies.reports_errors_of if urn in self.urns_with_errors}
        names = sorted(f"'{urn.rpartition('::')[2]}'" for urn in failed)
        if not names:
            return []
        message = "one" if len(names) == 1 else "several"
        return [format_finding(report("DEPENDENCY_HAS_ERRORS", "inputs", message=message, names=", ".join(names)))]


def _key(finding: Finding) -> _Key:
    return finding.code, finding.severity, finding.sentence
