"""Scenario: all phases without faults, and single phases with one fault and its recovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gcore_emulator import Behavior, Emulator, Settings, TaskSeconds
from gcore_emulator.application import create_application
from gcore_emulator.settings import DIALECT_CHOICES, Dialect
from tests.fake_clock import FakeClock
from tests.fake_engine.engine import FakeEngine, RunResult
from tests.fake_engine.requests import PROJECT, REGION
from tests.fake_engine.stack import KEY
from tests.fake_engine.state import Program, SavedState
from tests.faults.account_snapshot import AccountSnapshot, duplicate_names
from tests.faults.counts import FaultCounts
from tests.faults.faults import Fault, FaultyNetwork, RequestPoint
from tests.faults.in_process_transport import InProcessTransport
from tests.faults.phases import PASSWORD, Phase, PhaseName, all_phases
from tests.material import LoadBalancerPki, base64_of

OTHER_STACK_SUFFIX = "-0badcafe-123456"
"""Suffix of a name with the owner and nonce of another stack."""


@dataclass(frozen=True)
class RecordedPhase:
    """A phase that was run without faults.

    Attributes:
        phase: Command and program.
        state: State of the stack before the phase.
        account: Account before the phase.
        points: Requests of the phase.
        objects_after: Descriptions of the stack's objects after the phase.
    """

    phase: Phase
    state: SavedState
    account: AccountSnapshot
    points: Sequence[RequestPoint]
    objects_after: Sequence[str]


@dataclass
class Scenario:
    """An emulator, an engine, and the phases recorded without faults.

    Attributes:
        emulator: The emulator.
        clock: Clock of the emulator and the engine.
        network: Transport that injects faults.
        engine: The engine.
        foreign: Objects of others in the account.
        secrets: Texts that no output may contain.
        phases: Recorded phases by name.
        programs: Programs by the name of their phase.
    """

    emulator: Emulator
    clock: FakeClock
    network: FaultyNetwork
    engine: FakeEngine
    foreign: AccountSnapshot
    secrets: Sequence[str]
    phases: dict[PhaseName, RecordedPhase] = field(default_factory=dict)
    programs: dict[PhaseName, Program] = field(default_factory=dict)

    @classmethod
    def record(cls, material: LoadBalancerPki, dialect: Dialect) -> Scenario:
        """Run all phases once without faults."""
        clock = FakeClock()
        settings = Settings(
            api_key=KEY,
            projects=frozenset({PROJECT}),
            regions=frozenset({REGION}),
            task_seconds=TaskSeconds(2),
            behavior=Behavior.model_validate(DIALECT_CHOICES[dialect]),
            allowed_hosts=frozenset({"gcore.example"}),
        )
        emulator = Emulator(settings, clock.calendar)
        network = FaultyNetwork(emulator, InProcessTransport(create_application(emulator)))
        values = {
            "gcore:apiKey": KEY,
            "gcore:projectId": str(PROJECT),
            "gcore:regionId": str(REGION),
            "gcore:baseUrl": "https://gcore.example",
            "gcore:dialect": "auto",
        }
        engine = FakeEngine(network, clock, values)
        scenario = cls(
            emulator, clock, network, engine, _create_foreign_objects(emulator, material), _secret_texts(material)
        )
        for phase in all_phases(material):
            state, account = engine.state, AccountSnapshot.of(emulator)
            network.start_run()
            run = scenario.run_command(phase)
            assert run.outcome == "succeeded", f"{phase.name}: {run.error}"
            after = AccountSnapshot.of(emulator)
            assert after.changed_objects(scenario.foreign) == []
            points = list(network.points)
            described = after.without(scenario.foreign).descriptions()
            scenario.phases[phase.name] = RecordedPhase(phase, state, account, points, described)
            scenario.programs[phase.name] = phase.program
        assert AccountSnapshot.of(emulator).without(scenario.foreign).descriptions() == []
        return scenario

    def run_command(self, phase: Phase) -> RunResult:
        """Run the command of a phase."""
        if phase.command == "up":
            return self.engine.up(phase.program)
        return self.engine.refresh() if phase.command == "refresh" else self.engine.destroy()

    def run_with_fault(
        self, name: PhaseName, point: RequestPoint, fault: Fault, *, recovers_as: PhaseName | None = None
    ) -> tuple[FaultCounts, list[str]]:
        """Run one phase with a fault, then the recovery, then a destroy.

        Args:
            name: Name of the phase.
            point: Request into which the fault is injected.
            fault: The fault.
            recovers_as: Phase whose program the recovery runs; None for the same.

        Returns:
            Counts and descriptions of all problems.
        """
        recorded = self.phases[name]
        # A failed update can leave an object in ERROR too, but then no request can repair it.
        self._set_behavior(failed_task="leave-error-object" if point.creates_object else "leave-nothing")
        recorded.account.restore(self.emulator)
        self.engine.state = recorded.state
        self.network.start_run((point, fault))
        faulted = self.run_command(recorded.phase)
        counts, problems = FaultCounts(cases=1, fired=min(self.network.fired, 1)), list[str]()
        if self.network.fired == 0:
            problems.append("the fault never occurred")
        self.network.end_run()
        self.clock.advance(60)

        wanted = self.phases[recovers_as or name]
        if point.method == "DELETE" and faulted.outcome == "failed" and wanted is not recorded:
            # The object can be gone although its delete failed: docs/interrupted-runs.md recommends a refresh.
            self.engine.refresh()
        recovery = self._run_recovery(recorded.phase, wanted)
        if recovery.outcome != "succeeded":
            problems.append(
                f"the next run {recovery.outcome}: {recovery.error} (before: {faulted.outcome}: {faulted.error})"
            )
        now = AccountSnapshot.of(self.emulator)
        own = now.without(self.foreign)
        counts.duplicates = len(duplicate_names(own))
        if own.descriptions() != wanted.objects_after:
            counts.different = 1
            problems.append(f"after the next run: {_difference(own.descriptions(), wanted.objects_after)}")
        if wanted.phase.command != "destroy" and (plan := self.engine.preview(wanted.phase.program)):
            counts.different = 1
            problems.append(f"after the next run a preview plans {plan}")

        unencrypted = self.engine.state.unencrypted_text()
        destroyed = self.engine.destroy()
        remaining = AccountSnapshot.of(self.emulator)
        orphans = [each.name for each in remaining.without(self.foreign).objects()]
        touched = remaining.changed_objects(self.foreign)
        counts.orphans, counts.foreign_changed = len(orphans), len(touched)
        violations = [each.description for each in self.emulator.audit().violations]
        counts.violations = len(violations)
        shown = "\n".join(
            [*faulted.output, *recovery.output, *destroyed.output, unencrypted, *(each.name for each in now.objects())]
        )
        if any(secret in shown for secret in self.secrets):
            counts.leaks = 1
            problems.append("a secret was shown")
        if destroyed.outcome != "succeeded":
            problems.append(f"destroy {destroyed.outcome}: {destroyed.error}")
        problems += [f"{what}: {which}" for what, which in (("orphans", orphans), ("touched", touched)) if which]
        problems += violations
        return counts, [f"{point}, {each}" for each in problems]

    def _set_behavior(self, **choices: str) -> None:
        """Set behavior options of the emulator."""
        settings = self.emulator.settings
        behavior = Behavior.model_validate({**settings.behavior.model_dump(), **choices})
        self.emulator.settings = replace(settings, behavior=behavior)

    def _run_recovery(self, phase: Phase, wanted: RecordedPhase) -> RunResult:
        """Run the command that follows the run with the fault."""
        if wanted.phase.command == "destroy":
            return self.engine.destroy()
        if phase.command == "refresh":
            recovery = self.engine.refresh()
            if recovery.outcome != "succeeded":
                return recovery
        return self.engine.up(wanted.phase.program)


def _difference(now: Sequence[str], wanted: Sequence[str]) -> Mapping[str, list[str]]:
    return {
        "unexpected": [each for each in now if each not in wanted],
        "missing": [each for each in wanted if each not in now],
    }


def _create_foreign_objects(emulator: Emulator, material: LoadBalancerPki) -> AccountSnapshot:
    """Create objects of others through the API, with arbitrary names and with names of another stack."""
    client = httpx.Client(
        base_url="https://gcore.example/cloud",
        transport=InProcessTransport(create_application(emulator)),
        headers={"Authorization": f"APIKey {KEY}"},
    )

    def create(path: str, body: Mapping[str, object]) -> str:
        response = client.post(f"{path}/{PROJECT}/{REGION}", json=body)
        assert response.is_success, response.text
        (task_id,) = response.json()["tasks"]
        task = emulator.account.tasks[task_id]
        emulator.task_engine.put_task(replace(task, due_at=task.created_at))
        emulator.task_engine.advance_to_now()
        created = client.get(f"/v1/tasks/{task_id}").json()["created_resources"]
        return str(next(ids[0] for ids in created.values() if ids))

    for suffix in ("-of-somebody-else", OTHER_STACK_SUFFIX):
        secret = {
            "secret_type": "certificate",
            "payload": material.ca_payload,
            "payload_content_type": "application/octet-stream",
            "payload_content_encoding": "base64",
        }
        ca = create("/v1/secrets", {"name": f"ca{suffix}", **secret})
        balancer = create("/v1/loadbalancers", {"name": f"lb{suffix}"})
        plain = {"protocol": "HTTP", "protocol_port": 80, "load_balancer_id": balancer}
        listener = create("/v1/lblisteners", {"name": f"listener{suffix}", **plain})
        behind = {"protocol": "HTTPS", "lb_algorithm": "ROUND_ROBIN", "listener_id": listener, "ca_secret_id": ca}
        create("/v1/lbpools", {"name": f"pool{suffix}", **behind})
    return AccountSnapshot.of(emulator)


def _secret_texts(material: LoadBalancerPki) -> Sequence[str]:
    """Return parts of all secrets: the API key, a password, and each private key as PEM, base64 and hexadecimal."""
    found = [KEY, PASSWORD]
    for each in (material.server, material.sni, material.client):
        raw = each.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        found += [each.private_key_pem.splitlines()[2], base64_of(raw)[40:80], raw.hex()[80:120]]
    return found
