"""Command `gcore-emulator`: a stateful emulator of Gcore's load balancer API on 127.0.0.1."""

import logging
import signal
import textwrap
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from gcore_emulator.behavior import BehaviorOption, UnknownBehaviorError, behavior_options, parse_behavior
from gcore_emulator.data_plane import DataPlane, HaproxyMissing, NoDataPlane, haproxy_data_plane
from gcore_emulator.emulator import Emulator
from gcore_emulator.printable import log_printable_lines
from gcore_emulator.server import serve
from gcore_emulator.settings import DIALECT_CHOICES, Settings, TaskSeconds
from gcore_emulator.state_file import StateFile, StateFileError, open_state_file

_WIDTH = 76


class Dialect(str, Enum):
    """Choices of --dialect."""

    both = "both"
    guide = "guide"
    openapi = "openapi"


class DataPlaneChoice(str, Enum):
    """Choices of --data-plane."""

    none = "none"
    haproxy = "haproxy"


def _option_help(option: BehaviorOption) -> str:
    """Return the help text of a behavior option: its values, its default, and its description."""
    head = f"  {option.name}={'|'.join(option.values)}  [default: {option.default}]"
    return "\n".join(["\b", head, *textwrap.wrap(option.help, _WIDTH, initial_indent="    ", subsequent_indent="    ")])


_EPILOG = "\n\n".join(
    ["Behavior options for --behavior, each with its values:", *map(_option_help, behavior_options())]
)

cli = typer.Typer(add_completion=False, rich_markup_mode=None)


@cli.command(epilog=_EPILOG)
def run(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0: any free port.")] = 8080,
    api_key: Annotated[
        str,
        typer.Option(metavar="KEY", envvar="GCORE_EMULATOR_API_KEY", help="API key that requests must send."),
    ] = "emulator",
    project: Annotated[
        list[int] | None, typer.Option(metavar="N", help="ID of a project; can be repeated. [default: 1]")
    ] = None,
    region: Annotated[
        list[int] | None, typer.Option(metavar="N", help="ID of a region; can be repeated. [default: 1]")
    ] = None,
    dialect: Annotated[
        Dialect, typer.Option(help="Document to follow for routes and bodies where Gcore's guide and OpenAPI disagree.")
    ] = Dialect.both,
    behavior: Annotated[
        list[str] | None,
        typer.Option(
            "--behavior",
            metavar="NAME=VALUE",
            help="Behavior where that of the real API is unknown; can be repeated. The options are listed below.",
        ),
    ] = None,
    task_seconds: Annotated[
        str,
        typer.Option(
            metavar="SPEC",
            help="Duration of tasks in seconds: 0.05, or never (they do not end), or "
            "1,create_loadbalancer=20,create_secret=0.5.",
        ),
    ] = "0.05",
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Keep the state in this file, also if the emulator is killed: objects, tasks in progress, locks, "
            "faults, violations that the audit found. Time continues while the emulator is stopped. Not kept: the list "
            "of requests. The file contains private keys; only its owner can read it.",
        ),
    ] = None,
    data_plane: Annotated[
        DataPlaneChoice,
        typer.Option(
            help="Carry traffic: not at all, or with one HAProxy for each load balancer, on free ports of 127.0.0.1 "
            "that /_emulator/state lists."
        ),
    ] = DataPlaneChoice.none,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            show_default=False,
            help="Name that clients use for this machine, as in http://NAME:8080; can be repeated. localhost and "
            "loopback addresses are always allowed; other names are refused, to protect from web pages.",
        ),
    ] = None,
) -> None:
    """Serve a stateful emulator of Gcore's load balancer API on 127.0.0.1."""
    try:
        chosen = parse_behavior(behavior or (), DIALECT_CHOICES[dialect.value])
    except UnknownBehaviorError as error:
        raise typer.BadParameter(str(error), param_hint="--behavior") from error
    try:
        seconds = TaskSeconds.parse(task_seconds)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--task-seconds") from error
    log_printable_lines(logging.INFO)
    settings = Settings(
        api_key=api_key,
        projects=frozenset(project or (1,)),
        regions=frozenset(region or (1,)),
        task_seconds=seconds,
        behavior=chosen,
        allowed_hosts=frozenset(allowed_host or ()),
    )
    try:
        with _state_file(state) as file, _running_data_plane(data_plane) as plane:
            emulator = Emulator(settings, data_plane=plane, state=file)
            try:
                serve(emulator, port, lambda url: print(f"listening on {url}", flush=True))
            except OSError as error:
                raise typer.BadParameter(
                    f"port {port} cannot be used ({error.strerror}); name another one, or 0 for any free port.",
                    param_hint="--port",
                ) from error
    except HaproxyMissing as error:
        raise typer.BadParameter(str(error), param_hint="--data-plane") from error
    except StateFileError as error:
        raise typer.BadParameter(str(error), param_hint="--state") from error
    except KeyboardInterrupt:
        pass


def _state_file(path: Path | None) -> AbstractContextManager[StateFile | None]:
    return nullcontext() if path is None else open_state_file(path)


@contextmanager
def _running_data_plane(choice: DataPlaneChoice) -> Iterator[DataPlane]:
    """Run the data plane, and remove its processes and keys at the end, also if a signal ends this process."""
    if choice is DataPlaneChoice.none:
        yield NoDataPlane()
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    with haproxy_data_plane() as plane:
        yield plane


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
