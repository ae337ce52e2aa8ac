"""A life without faults, and what happens to it when something goes wrong with one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gcore_emulator import Behavior, Emulator, Settings, TaskSeconds
from gcore_emulator.application import create_application
from gcore_emulator.settings import DIALECT_CHOICES, Dialect
from tests.fake_clock import FakeClock
from tests.fake_engine.account import KEY
from tests.fake_engine.engine import FakeEngine, Run
from tests.fake_engine.requests import PROJECT, REGION
from tests.fake_engine.state import Program, State
from tests.faults.accounts import Snapshot, duplicates
from tests.faults.counts import Counts
from tests.faults.faults import Fault, Network, Point
from tests.faults.in_process import InProcess
from tests.faults.lifetime import PASSWORD, Phase, PhaseName, life
from tests.material import LoadBalancerPki, base64_of

FOREIGN_SUFFIX = "-0badcafe-123456"
"""An owner and a making that aren't of this stack."""


@dataclass(frozen=True)
class Chapter:
    """A phase as it goes without faults.

    Attributes:
        phase: what is typed, and what the program says.
        state: Pulumi's state before it.
        account: the account before it.
        points: its requests.
        afterwards: the account after it, in words.
    """

    phase: Phase
    state: State
    account: Snapshot
    points: Sequence[Point]
    afterwards: Sequence[str]


@dataclass
class Story:
    """An emulator, an engine, and the life that was lived without faults.

    Attributes:
        foreign: what others have in the account.
        chapters: the phases, by their names.
        secrets: texts that nobody may ever see.
    """

    emulator: Emulator
    clock: FakeClock
    network: Network
    engine: FakeEngine
    foreign: Snapshot
    secrets: Sequence[str]
    chapters: dict[PhaseName, Chapter] = field(default_factory=dict)
    programs: dict[PhaseName, Program] = field(default_factory=dict)

    @classmethod
    def of(cls, material: LoadBalancerPki, dialect: Dialect) -> Story:
        """Lives the life once."""
        clock = FakeClock()
        settings = Settings(
            api_key=KEY,
            projects=frozenset({PROJECT}),
            regions=frozenset({REGION}),
            task_seconds=TaskSeconds(2),
            behavior=Behavior.model_validate(DIALECT_CHOICES[dialect]),
        )
        emulator = Emulator(settings, clock.calendar)
        network = Network(emulator, InProcess(create_application(emulator)))
        values = {
            "gcore:apiKey": KEY,
            "gcore:projectId": str(PROJECT),
            "gcore:regionId": str(REGION),
            "gcore:baseUrl": "http://gcore.example",
            "gcore:dialect": "auto",
        }
        engine = FakeEngine(network, clock, values)
        story = cls(emulator, clock, network, engine, _foreign(emulator, material), _canaries(material))
        for phase in life(material):
            state, account = engine.state, Snapshot.of(emulator)
            network.begin()
            run = story.types(phase)
            assert run.outcome == "done", f"{phase.name}: {run.error}"
            after = Snapshot.of(emulator)
            assert after.touched(story.foreign) == []
            points = list(network.points)
            described = after.without(story.foreign).described()
            story.chapters[phase.name] = Chapter(phase, state, account, points, described)
            story.programs[phase.name] = phase.program
        assert Snapshot.of(emulator).without(story.foreign).described() == []
        return story

    def types(self, phase: Phase) -> Run:
        """What the user types in a phase."""
        if phase.command == "up":
            return self.engine.up(phase.program)
        return self.engine.refresh() if phase.command == "refresh" else self.engine.destroy()

    def suffer(
        self, name: PhaseName, point: Point, fault: Fault, *, recovers_as: PhaseName | None = None
    ) -> tuple[Counts, list[str]]:
        """Lives one phase with a fault, lets the user type the same again, and then destroys.

        Args:
            name: the phase.
            point: which of its requests the fault hits.
            fault: what goes wrong.
            recovers_as: the phase whose program the user has by then; None for the same.

        Returns:
            What it came to, and what is wrong, in words.
        """
        chapter = self.chapters[name]
        # A failed change may leave an object in ERROR, too; but then no request can mend it.
        self._choose(failed_task="leave-error-object" if point.makes else "leave-nothing")
        chapter.account.restore(self.emulator)
        self.engine.state = chapter.state
        self.network.begin((point, fault))
        struck = self.types(chapter.phase)
        counts, wrong = Counts(cases=1, fired=min(self.network.fired, 1)), list[str]()
        if self.network.fired == 0:
            wrong.append("the fault never happened")
        self.network.end()
        self.clock.advance(60)

        wanted = self.chapters[recovers_as or name]
        if point.method == "DELETE" and struck.outcome == "failed" and wanted is not chapter:
            # Nothing says that an object may be gone whose deletion failed: docs/interrupted-runs.md says what to type.
            self.engine.refresh()
        again = self._recovery(chapter.phase, wanted)
        if again.outcome != "done":
            wrong.append(f"the next run {again.outcome}: {again.error} (before: {struck.outcome}: {struck.error})")
        now = Snapshot.of(self.emulator)
        own = now.without(self.foreign)
        counts.duplicates = len(duplicates(own))
        if own.described() != wanted.afterwards:
            counts.lost = 1
            wrong.append(f"after the next run: {_difference(own.described(), wanted.afterwards)}")
        if wanted.phase.command != "destroy" and (plan := self.engine.preview(wanted.phase.program)):
            counts.lost = 1
            wrong.append(f"after the next run a preview shows {plan}")

        plain = self.engine.state.plain()
        gone = self.engine.destroy()
        left = Snapshot.of(self.emulator)
        orphans = [each.name for each in left.without(self.foreign).all()]
        touched = left.touched(self.foreign)
        counts.orphans, counts.foreign = len(orphans), len(touched)
        breaches = [each.description for each in self.emulator.audit().violations]
        counts.breaches = len(breaches)
        shown = "\n".join([*struck.said, *again.said, *gone.said, plain, *(each.name for each in now.all())])
        if any(secret in shown for secret in self.secrets):
            counts.leaks = 1
            wrong.append("a secret was shown")
        if gone.outcome != "done":
            wrong.append(f"destroy {gone.outcome}: {gone.error}")
        wrong += [f"{what}: {which}" for what, which in (("left", orphans), ("touched", touched)) if which]
        wrong += breaches
        return counts, [f"{point}, {each}" for each in wrong]

    def _choose(self, **choices: str) -> None:
        """Has the emulator behave so where nobody knows how Gcore does."""
        settings = self.emulator.settings
        behavior = Behavior.model_validate({**settings.behavior.model_dump(), **choices})
        self.emulator.settings = replace(settings, behavior=behavior)

    def _recovery(self, phase: Phase, wanted: Chapter) -> Run:
        """The run after the one that went wrong."""
        if wanted.phase.command == "destroy":
            return self.engine.destroy()
        if phase.command == "refresh":
            again = self.engine.refresh()
            if again.outcome != "done":
                return again
        return self.engine.up(wanted.phase.program)


def _difference(now: Sequence[str], wanted: Sequence[str]) -> Mapping[str, list[str]]:
    return {
        "too much": [each for each in now if each not in wanted],
        "missing": [each for each in wanted if each not in now],
    }


def _foreign(emulator: Emulator, material: LoadBalancerPki) -> Snapshot:
    """What others have: made through the API, with names of their own, and names like ours of another stack."""
    client = httpx.Client(
        base_url="http://gcore.example/cloud",
        transport=InProcess(create_application(emulator)),
        headers={"Authorization": f"APIKey {KEY}"},
    )

    def make(path: str, body: Mapping[str, object]) -> str:
        answer = client.post(f"{path}/{PROJECT}/{REGION}", json=body)
        assert answer.is_success, answer.text
        (task_id,) = answer.json()["tasks"]
        task = emulator.account.tasks[task_id]
        emulator.task_engine.put_task(replace(task, due_at=task.created_at))
        emulator.task_engine.advance_to_now()
        created = client.get(f"/v1/tasks/{task_id}").json()["created_resources"]
        return str(next(ids[0] for ids in created.values() if ids))

    for suffix in ("-of-somebody-else", FOREIGN_SUFFIX):
        secret = {
            "secret_type": "certificate",
            "payload": material.ca_payload,
            "payload_content_type": "application/octet-stream",
            "payload_content_encoding": "base64",
        }
        ca = make("/v1/secrets", {"name": f"ca{suffix}", **secret})
        balancer = make("/v1/loadbalancers", {"name": f"lb{suffix}"})
        plain = {"protocol": "HTTP", "protocol_port": 80, "load_balancer_id": balancer}
        listener = make("/v1/lblisteners", {"name": f"listener{suffix}", **plain})
        behind = {"protocol": "HTTPS", "lb_algorithm": "ROUND_ROBIN", "listener_id": listener, "ca_secret_id": ca}
        make("/v1/lbpools", {"name": f"pool{suffix}", **behind})
    return Snapshot.of(emulator)


def _canaries(material: LoadBalancerPki) -> Sequence[str]:
    """Parts of what nobody may see: the API key, a password, and each private key as PEM and as base64 of its bytes."""
    found = [KEY, PASSWORD]
    for each in (material.server, material.sni, material.client):
        raw = each.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        found += [each.private_key_pem.splitlines()[2], base64_of(raw)[40:80], raw.hex()[80:120]]
    return found
