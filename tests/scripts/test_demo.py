"""The whole demo on the real engine, in a copy of the working tree: up, again, by hand, after accidents, down."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap.places import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("demo"), pytest.mark.timeout(1500)]

PRIVATE = ("BEGIN PRIVATE KEY", "BEGIN EC PRIVATE KEY", "BEGIN ENCRYPTED PRIVATE KEY")


class DemoClone:
    """A clone in which the demo runs."""

    def __init__(self, root: Path) -> None:
        """Copies what git would: everything that isn't ignored, committed or not."""
        self.root = root
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        for name in listed.stdout.decode().split("\0"):
            if name and (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, root / name)

    def run(self, command: str, status: int = 0) -> str:
        """Runs a shell command in the clone and returns all that it prints."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == status, done.stdout
        assert not any(private in done.stdout for private in PRIVATE)
        assert self.api_key() not in done.stdout or not self.api_key()
        return done.stdout

    def by_hand(self, command: str, status: int = 0) -> str:
        """Runs a command as a user does who works on the demo's stack by hand."""
        return self.run(f'eval "$(scripts/env)" && {command}', status)

    def api_key(self) -> str:
        """Returns the demo's API key, empty where there is no demo."""
        file = self.root / ".demo" / "emulator.key"
        return file.read_text() if file.exists() else ""

    def lock_as_a_killed_run(self) -> None:
        """Locks the stack as a `pulumi` that was killed leaves it."""
        (stack,) = (self.root / ".demo" / "state" / ".pulumi" / "stacks").glob("*/demo.json")
        lock = self.root / ".demo/state/.pulumi/locks/organization" / stack.parent.name / "demo" / "killed.json"
        lock.parent.mkdir(parents=True, exist_ok=True)
        killed = subprocess.Popen(["true"])
        killed.wait()
        holder = {
            "pid": killed.pid,
            "username": "me",
            "hostname": socket.gethostname(),
            "timestamp": "2026-01-01T00:00:00Z",
        }
        lock.write_text(json.dumps(holder))

    def emulator(self) -> int:
        """Returns the process id of the emulator."""
        return self._remembered("emulator.json")

    def backends(self) -> int:
        """Returns the process id of the backends."""
        return self._remembered("backends/process.json")

    def _remembered(self, name: str) -> int:
        remembered: dict[str, int] = json.loads((self.root / ".demo" / name).read_text())
        return remembered["pid"]


def assert_requests_went_through(shown: str) -> None:
    """Two names are answered, and all else is refused, as the last thing that a run shows."""
    _, _, shown = shown.partition("== Requests through the load balancer")
    for name in ("app", "shop"):
        assert re.search(rf"^ +{name}\.example\.com +200 +CN={name}\.example\.com .* CN=load-balancer$", shown, re.M)
    assert len(re.findall(r" 503 +the load balancer ", shown)) == 3
    assert len(re.findall(r" 400 +the backend ", shown)) == 1, "by nginx"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoClone]:
    """A clone without a demo; an emulator that is still there at the end is stopped."""
    made = DemoClone(tmp_path_factory.mktemp("demo") / "a clone")
    yield made
    if (made.root / ".demo").exists():
        made.run("scripts/demo --destroy")


def test_the_demo_from_its_beginning_to_its_end(clone: DemoClone) -> None:
    first = clone.run("scripts/demo")
    for role in ("load balancer", "listener", "certificate", "SNI certificate", "pool", "CA", "CRL", "member"):
        assert re.search(rf"^ +{role} ", first, re.MULTILINE), role
    assert first.count(" unchanged") > 0
    assert "days left" in first
    assert_requests_went_through(first)
    curl = next(line for line in first.splitlines() if line.startswith("    curl "))
    assert json.loads(clone.run(f"{curl} --silent --show-error"))["client"] == "CN=load-balancer"

    clone.lock_as_a_killed_run()
    os.kill(clone.emulator(), signal.SIGKILL)
    second = clone.run("scripts/demo")
    assert "started on" in second
    assert "unlocking it" in second
    assert not re.search(r"\d+ (created|updated|deleted|replaced)", second)
    assert_requests_went_through(second)

    assert "unchanged" in clone.by_hand("pulumi preview --expect-no-changes")
    assert "unchanged" in clone.by_hand("pulumi up --yes --skip-preview")
    assert "unchanged" in clone.by_hand("pulumi refresh --yes --skip-preview")
    assert clone.by_hand("pulumi stack output vip_address").strip() in first

    assert re.search(r"== Pulumi stack and its configuration\n(?: .*unlocking it\n)? +unchanged\n", second)
    assert clone.api_key() not in Path(f"/proc/{clone.emulator()}/cmdline").read_text()

    state = clone.root / ".demo" / "emulator.state"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    os.kill(clone.emulator(), signal.SIGKILL)
    state.unlink()
    after_accident = clone.run("scripts/demo")
    assert "started on" in after_accident
    assert "created" in after_accident
    assert_requests_went_through(after_accident)

    # The last `up` leaves its configuration in the state, and here that was a wrong API key.
    clone.by_hand("pulumi config set --secret gcore:apiKey 1_wrong && pulumi config set --path 'members[1]' 10.0.0.13")
    assert "401" in clone.by_hand("{ pulumi up --yes --skip-preview || true; }")
    pids = clone.emulator(), clone.backends()
    down = clone.run("scripts/demo --destroy 2>/dev/null")
    assert "already running" in down
    assert "pulumi stack rm" not in down
    assert "once more" not in down
    assert re.findall(r"^    (?:secrets|load balancers|listeners|pools): (\d+)$", down, re.MULTILINE) == ["0"] * 4
    for pid in pids:
        assert not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes()
    assert not (clone.root / ".demo").exists()
    assert not (clone.root / "Pulumi.demo.yaml").exists()
    assert "Nothing to destroy" in clone.run("scripts/demo --destroy")
