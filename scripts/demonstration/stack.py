"""Stack of the demo, managed with the `pulumi` command line as by a user."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, TypeAdapter, ValidationError

from bootstrap.places import DEMO, ROOT, STACK
from bootstrap.processes import failure_message, output_of, run_in_foreground, shortened
from bootstrap.reporting import ScriptError, print_line

COMMAND_SECONDS = 120
"""Time limit for a command that only reads or configures the stack."""


class Certificate(BaseModel):
    """Public facts about a certificate or CRL, from the stack's outputs.

    Attributes:
        subject: The subject; None for a CRL.
        issuer: The issuer.
        fingerprint_sha256: Hexadecimal.
        not_after: End of the validity; None for a CRL.
        next_update: Time limit for the next CRL; None for a certificate.
    """

    subject: str | None = None
    issuer: str | None = None
    fingerprint_sha256: str
    not_after: datetime | None = None
    next_update: datetime | None = None


class Outputs(BaseModel):
    """Outputs of the project at the repository's root."""

    vip_address: str
    load_balancer_id: str
    listener_id: str
    pool_id: str
    certificates: dict[str, Certificate]


class Lock(BaseModel):
    """Lock on a stack in Pulumi's file backend: its holder."""

    pid: int
    hostname: str


class _ConfigurationValue(BaseModel):
    value: str = ""


class _Deployment(BaseModel):
    resources: list[object] | None = None


class _Export(BaseModel):
    deployment: _Deployment


def select() -> None:
    """Create the stack if necessary, and select it for `pulumi` commands."""
    (DEMO / "state").mkdir(exist_ok=True)
    _output_of("stack", "select", STACK, "--create")
    remove_lock_of_killed_run()


def remove_lock_of_killed_run() -> None:
    """Unlock the stack if all processes that locked it ended: a killed `pulumi` does not remove its lock."""
    files = list((DEMO / "state" / ".pulumi" / "locks").glob(f"*/*/{STACK}/*.json"))
    locks = [Lock.model_validate_json(file.read_text()) for file in files]
    if locks and not any(lock.hostname != socket.gethostname() or is_running(lock.pid) for lock in locks):
        print_line("      a killed run locked the stack; unlocking it")
        _output_of("cancel", "--yes")


def is_running(pid: int) -> bool:
    """Return whether a process with this ID exists, of any user."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def configuration() -> dict[str, str]:
    """Return the stack's configuration, decrypted. Keys in the project's namespace have no prefix."""
    output = _output_of("config", "--json", "--show-secrets")
    values = TypeAdapter(dict[str, _ConfigurationValue]).validate_json(output)
    project = project_name()
    return {key.removeprefix(f"{project}:"): item.value for key, item in values.items()}


def project_name() -> str:
    """Return the name of the project, which is the namespace of its configuration."""
    for line in (ROOT / "Pulumi.yaml").read_text().splitlines():
        if line.startswith("name:"):
            return line.partition(":")[2].strip().strip("'\"")
    raise ScriptError(f"{ROOT / 'Pulumi.yaml'} has no `name`. Add a line `name: mtls-load-balancer`.")


def configure_plain(values: Mapping[str, str]) -> None:
    """Set configuration values. Keys can be paths (`members[0]`)."""
    words = [word for key, value in values.items() for word in ("--plaintext", f"{key}={value}")]
    _output_of("config", "set-all", "--path", *words)


def configure_secret(key: str, value: str) -> None:
    """Set an encrypted configuration value through standard input: all users can see arguments."""
    command = ["pulumi", "config", "set", "--secret", key, "--non-interactive"]
    done = subprocess.run(
        command, cwd=ROOT, input=value.encode(), capture_output=True, timeout=COMMAND_SECONDS, check=False
    )
    if done.returncode:
        raise ScriptError(failure_message(command, done.returncode, done.stderr.decode(errors="replace").splitlines()))


def up(*, refresh: bool) -> None:
    """Deploy the project.

    Args:
        refresh: Whether to check first which objects in the state still exist.
    """
    _run("up", "--yes", "--suppress-outputs", *(["--refresh", "--run-program"] if refresh else []))


def preview_without_changes() -> None:
    """Preview the project. Fail if it needs changes."""
    _run("preview", "--expect-no-changes", "--suppress-outputs")


def destroy() -> None:
    """Delete all resources of the stack, the stack itself and its configuration file.

    Run the program: without it, Pulumi uses the API key and other settings of the last `up`, which can be wrong. If the
    program fails, try again without it.

    Do not refresh first: a missing object counts as deleted, and `destroy --refresh` uses the API key of the last `up`.
    """
    command = ("destroy", "--yes", "--remove", "--suppress-outputs")
    if has_resources():  # otherwise the program would create resources
        try:
            _run(*command, "--run-program")
            return
        except ScriptError:
            print_line("      trying again without the program, with the configuration of the last `pulumi up`")
    _run(*command)


def has_resources() -> bool:
    """Return whether the stack's state has resources."""
    return bool(_Export.model_validate_json(_output_of("stack", "export")).deployment.resources)


def outputs() -> Outputs:
    """Return the stack's outputs.

    Raises:
        ScriptError: The outputs do not match the exports of the project at the repository's root.
    """
    output = _output_of("stack", "output", "--json")
    try:
        return Outputs.model_validate_json(output)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
        raise ScriptError(
            f"the stack's outputs lack {wrong}. Export them with `pulumi.export` in {ROOT / '__main__.py'}."
        ) from error


def _output_of(*arguments: str) -> str:
    return output_of(["pulumi", *arguments, "--non-interactive"], seconds=COMMAND_SECONDS, cwd=ROOT)


def _run(*arguments: str) -> None:
    """Run a command with access to the terminal, so that it can show its progress.

    Raises:
        ScriptError: The command fails. Its output has the reason.
    """
    command = ["pulumi", *arguments]
    if status := run_in_foreground(command, cwd=ROOT):
        raise ScriptError(
            f"`{shortened(command)}` failed with status {status}. Fix the errors above and run this again: it "
            "continues where it stopped."
        )
