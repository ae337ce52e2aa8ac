"""The whole demo with the real engine, in a copy of the working tree."""

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
    """Clone in which the demo runs."""

    def __init__(self, root: Path) -> None:
        """Copy all files that git does not ignore, committed or not."""
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
        """Run a shell command in the clone and return its output."""
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

    def run_in_demo_shell(self, command: str, status: int = 0) -> str:
        """Run a command in a shell with the variables of `scripts/env`."""
        return self.run(f'eval "$(scripts/env)" && {command}', status)

    def api_key(self) -> str:
        """Return the demo's API key, or "" without a demo."""
        file = self.root / ".demo" / "emulator.key"
        return file.read_text() if file.exists() else ""

    def lock_like_a_killed_run(self) -> None:
        """Lock the stack like a killed `pulumi`."""
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

    def emulator_pid(self) -> int:
        """Return the process ID of the emulator."""
        return self._recorded_pid("emulator.json")

    def backends_pid(self) -> int:
        """Return the process ID of the backends."""
        return self._recorded_pid("backends/process.json")

    def _recorded_pid(self, name: str) -> int:
        record: dict[str, int] = json.loads((self.root / ".demo" / name).read_text())
        return record["pid"]


def assert_expected_responses(output: str) -> None:
    """Assert that two names get a response and that all defective requests are rejected."""
    _, _, output = output.partition("== Requests through the load balancer")
    for name in ("app", "shop"):
        assert re.search(rf"^ +{name}\.example\.com +200 +CN={name}\.example\.com .* CN=load-balancer$", output, re.M)
    assert len(re.findall(r" 503 +the load balancer ", output)) == 3
    assert len(re.findall(r" 400 +the backend ", output)) == 1, "by nginx"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoClone]:
    """Yield a clone without a demo. Destroy a remaining demo at the end."""
    new = DemoClone(tmp_path_factory.mktemp("demo") / "a clone")
    yield new
    if (new.root / ".demo").exists():
        new.run("scripts/demo --destroy")


def test_the_demo_deploys_recovers_after_kills_and_destroys_everything(clone: DemoClone) -> None:
    first = clone.run("scripts/demo")
    for role in ("load balancer", "listener", "certificate", "SNI certificate", "pool", "CA", "CRL", "member"):
        assert re.search(rf"^ +{role} ", first, re.MULTILINE), role
    assert first.count(" unchanged") > 0
    assert "days left" in first
    assert_expected_responses(first)
    curl = next(line for line in first.splitlines() if line.startswith("    curl "))
    assert json.loads(clone.run(f"{curl} --silent --show-error"))["client"] == "CN=load-balancer"

    clone.lock_like_a_killed_run()
    os.kill(clone.emulator_pid(), signal.SIGKILL)
    second = clone.run("scripts/demo")
    assert "started on" in second
    assert "unlocking it" in second
    assert not re.search(r"\d+ (created|updated|deleted|replaced)", second)
    assert_expected_responses(second)

    assert "unchanged" in clone.run_in_demo_shell("pulumi preview --expect-no-changes")
    assert "unchanged" in clone.run_in_demo_shell("pulumi up --yes --skip-preview")
    assert "unchanged" in clone.run_in_demo_shell("pulumi refresh --yes --skip-preview")
    assert clone.run_in_demo_shell("pulumi stack output vip_address").strip() in first

    assert re.search(r"== Pulumi stack and its configuration\n(?: .*unlocking it\n)? +unchanged\n", second)
    assert clone.api_key() not in Path(f"/proc/{clone.emulator_pid()}/cmdline").read_text()

    state = clone.root / ".demo" / "emulator.state"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    os.kill(clone.emulator_pid(), signal.SIGKILL)
    state.unlink()
    after_loss = clone.run("scripts/demo")
    assert "started on" in after_loss
    assert "created" in after_loss
    assert_expected_responses(after_loss)

    # `up` saves its configuration in the state, here a wrong API key.
    clone.run_in_demo_shell(
        "pulumi config set --secret gcore:apiKey 1_wrong && pulumi config set --path 'members[1]' 10.0.0.13"
    )
    assert "401" in clone.run_in_demo_shell("{ pulumi up --yes --skip-preview || true; }")
    pids = clone.emulator_pid(), clone.backends_pid()
    down = clone.run("scripts/demo --destroy 2>/dev/null")
    assert "already running" in down
    assert "pulumi stack rm" not in down
    assert "trying again" not in down
    assert re.findall(r"^    (?:secrets|load balancers|listeners|pools): (\d+)$", down, re.MULTILINE) == ["0"] * 4
    for pid in pids:
        assert not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes()
    assert not (clone.root / ".demo").exists()
    assert not (clone.root / "Pulumi.demo.yaml").exists()
    assert "Nothing to destroy" in clone.run("scripts/demo --destroy")
