"""The demo's stack, driven by the `pulumi` command line as a user would."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, TypeAdapter, ValidationError

from bootstrap.places import DEMO, ROOT, STACK
from bootstrap.processes import failure, output_of, run_in_foreground, shown
from bootstrap.reporting import ScriptError, say

COMMAND_SECONDS = 120
"""The time limit of a command that only looks at the stack or its configuration."""


class Certificate(BaseModel):
    """Public facts of one certificate or revocation list, from the stack's outputs.

    Attributes:
        subject: The subject; None for a CRL.
        issuer: The issuer.
        fingerprint_sha256: Hexadecimal.
        not_after: End of the validity; None for a CRL.
        next_update: When a revocation list shall be followed by a newer one; None for a certificate.
    """

    subject: str | None = None
    issuer: str | None = None
    fingerprint_sha256: str
    not_after: datetime | None = None
    next_update: datetime | None = None


class Outputs(BaseModel):
    """The outputs of the project at the repository's root."""

    vip_address: str
    load_balancer_id: str
    listener_id: str
    pool_id: str
    certificates: dict[str, Certificate]


class Lock(BaseModel):
    """Content of a stack's lock in Pulumi's file backend: its holder."""

    pid: int
    hostname: str


class _ConfigurationValue(BaseModel):
    value: str = ""


class _Deployment(BaseModel):
    resources: list[object] | None = None


class _Export(BaseModel):
    deployment: _Deployment


def select() -> None:
    """Create the stack if necessary, and the one that plain `pulumi` commands are about."""
    (DEMO / "state").mkdir(exist_ok=True)
    _quietly("stack", "select", STACK, "--create")
    remove_lock_of_killed_run()


def remove_lock_of_killed_run() -> None:
    """Unlocks the stack if every process that locked it is gone: a killed `pulumi` leaves its lock behind."""
    files = list((DEMO / "state" / ".pulumi" / "locks").glob(f"*/*/{STACK}/*.json"))
    locks = [Lock.model_validate_json(file.read_text()) for file in files]
    if locks and not any(lock.hostname != socket.gethostname() or is_running(lock.pid) for lock in locks):
        say("      a killed run left the stack locked; unlocking it")
        _quietly("cancel", "--yes")


def is_running(pid: int) -> bool:
    """Tells whether there is a process with this id, whoever it belongs to."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def configuration() -> dict[str, str]:
    """Return the stack's configuration, decrypted; keys of the project's own namespace without it."""
    answer = _quietly("config", "--json", "--show-secrets")
    values = TypeAdapter(dict[str, _ConfigurationValue]).validate_json(answer)
    project = project_name()
    return {key.removeprefix(f"{project}:"): item.value for key, item in values.items()}


def project_name() -> str:
    """Return the name of the project: the namespace of its own configuration."""
    for line in (ROOT / "Pulumi.yaml").read_text().splitlines():
        if line.startswith("name:"):
            return line.partition(":")[2].strip().strip("'\"")
    raise ScriptError(f"{ROOT / 'Pulumi.yaml'} has no line `name: ...`")


def configure_plain(values: Mapping[str, str]) -> None:
    """Set configuration values; keys may be paths (`members[0]`)."""
    words = [word for key, value in values.items() for word in ("--plaintext", f"{key}={value}")]
    _quietly("config", "set-all", "--path", *words)


def configure_secret(key: str, value: str) -> None:
    """Set an encrypted configuration value. It goes through standard input: arguments are visible to all users."""
    command = ["pulumi", "config", "set", "--secret", key, "--non-interactive"]
    done = subprocess.run(
        command, cwd=ROOT, input=value.encode(), capture_output=True, timeout=COMMAND_SECONDS, check=False
    )
    if done.returncode:
        raise ScriptError(failure(command, done.returncode, done.stderr.decode(errors="replace").splitlines()))


def up(*, refresh: bool) -> None:
    """Deploys the project.

    Args:
        refresh: Look first which of the objects in the state still exist.
    """
    _visibly("up", "--yes", "--suppress-outputs", *(["--refresh", "--run-program"] if refresh else []))


def preview_without_changes() -> None:
    """Previews; an error if there is something left to do."""
    _visibly("preview", "--expect-no-changes", "--suppress-outputs")


def destroy() -> None:
    """Delete everything that the stack has, and then the stack itself and its configuration file.

    The program is run for it: without that Pulumi takes the API key and the like from the last `up`, also when they
    were wrong then. Where the program doesn't run, that is what is left to try.

    There is no refresh before: what is gone counts as deleted, and `destroy --refresh` reads with the last `up`'s key.
    """
    command = ("destroy", "--yes", "--remove", "--suppress-outputs")
    if has_resources():  # else running the program would make some
        try:
            _visibly(*command, "--run-program")
            return
        except ScriptError:
            say("      once more without running the program, with the configuration of the last `pulumi up`")
    _visibly(*command)


def has_resources() -> bool:
    """Tells whether anything is in the stack's state."""
    return bool(_Export.model_validate_json(_quietly("stack", "export")).deployment.resources)


def outputs() -> Outputs:
    """Return the stack's outputs.

    Raises:
        ScriptError: They aren't what the project at the repository's root exports.
    """
    answer = _quietly("stack", "output", "--json")
    try:
        return Outputs.model_validate_json(answer)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
        raise ScriptError(f"the stack's outputs lack or misspell {wrong}; see `__main__.py`") from error


def _quietly(*arguments: str) -> str:
    return output_of(["pulumi", *arguments, "--non-interactive"], seconds=COMMAND_SECONDS, cwd=ROOT)


def _visibly(*arguments: str) -> None:
    """Run a command whose output is for the user, and is lively where that is a terminal.

    Raises:
        ScriptError: It failed; its own output says why.
    """
    command = ["pulumi", *arguments]
    if status := run_in_foreground(command, cwd=ROOT):
        raise ScriptError(
            f"`{shown(command)}` ended with status {status}; it says why above. Then run this again: it goes on from "
            "where it stopped."
        )
