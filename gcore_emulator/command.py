"""The command `gcore-emulator`: a stand-in for Gcore's load balancer API on 127.0.0.1."""

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

from gcore_emulator.behavior import Question, UnknownChoice, behavior_from, questions
from gcore_emulator.data_plane import DataPlane, HaproxyMissing, NoDataPlane, haproxy_data_plane
from gcore_emulator.emulator import Emulator
from gcore_emulator.server import serve
from gcore_emulator.settings import DIALECT_CHOICES, Settings, TaskSeconds
from gcore_emulator.state_file import StateFile, StateFileError, opened

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


def _listed(question: Question) -> str:
    """A question for `--help`: its choices, its default, and what it is about."""
    head = f"  {question.name}={'|'.join(question.choices)}  [default: {question.default}]"
    return "\n".join(
        ["\b", head, *textwrap.wrap(question.help, _WIDTH, initial_indent="    ", subsequent_indent="    ")]
    )


_EPILOG = "\n\n".join(["Questions for --set, each with its choices:", *map(_listed, questions())])

cli = typer.Typer(add_completion=False, rich_markup_mode=None)


@cli.command(epilog=_EPILOG)
def run(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0: any that is free.")] = 8080,
    api_key: Annotated[
        str,
        typer.Option(metavar="KEY", envvar="GCORE_EMULATOR_API_KEY", help="The key that requests must carry."),
    ] = "emulator",
    project: Annotated[
        list[int] | None, typer.Option(metavar="N", help="Id of a project; may be repeated. [default: 1]")
    ] = None,
    region: Annotated[
        list[int] | None, typer.Option(metavar="N", help="Id of a region; may be repeated. [default: 1]")
    ] = None,
    dialect: Annotated[
        Dialect, typer.Option(help="Which routes and bodies exist where Gcore's documents disagree.")
    ] = Dialect.both,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="QUESTION=CHOICE", help="How to behave where nobody knows; may be repeated. See below."
        ),
    ] = None,
    task_seconds: Annotated[
        str,
        typer.Option(
            metavar="SPEC", help="How long tasks run: 0.05, or never, or 1,create_loadbalancer=20,create_secret=0.5."
        ),
    ] = "0.05",
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Keep the state in this file, so that it outlives the emulator, however that ends: objects, tasks "
            "under way, locks, faults, what the audit found. Time goes on meanwhile. Not kept: the list of requests. "
            "Private keys are in the file; only its owner can read it.",
        ),
    ] = None,
    data_plane: Annotated[
        DataPlaneChoice,
        typer.Option(
            help="What carries traffic: nothing, or a HAProxy for each load balancer, on free ports of 127.0.0.1 that "
            "/_emulator/state tells."
        ),
    ] = DataPlaneChoice.none,
) -> None:
    """Serves a stateful stand-in for Gcore's load balancer API on 127.0.0.1."""
    try:
        behavior = behavior_from(settings or (), DIALECT_CHOICES[dialect.value])
    except UnknownChoice as error:
        raise typer.BadParameter(str(error), param_hint="--set") from error
    try:
        seconds = TaskSeconds.parse(task_seconds)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--task-seconds") from error
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asked = Settings(
        api_key=api_key,
        projects=frozenset(project or (1,)),
        regions=frozenset(region or (1,)),
        task_seconds=seconds,
        behavior=behavior,
    )
    try:
        with _keeping(state) as file, _carrying(data_plane) as plane:
            emulator = Emulator(asked, data_plane=plane, state=file)
            try:
                serve(emulator, port, lambda url: print(f"listening on {url}", flush=True))
            except OSError as error:
                raise typer.BadParameter(
                    f"port {port} can't be used: {error.strerror}.", param_hint="--port"
                ) from error
    except HaproxyMissing as error:
        raise typer.BadParameter(str(error), param_hint="--data-plane") from error
    except StateFileError as error:
        raise typer.BadParameter(str(error), param_hint="--state") from error
    except KeyboardInterrupt:
        pass


def _keeping(path: Path | None) -> AbstractContextManager[StateFile | None]:
    return nullcontext() if path is None else opened(path)


@contextmanager
def _carrying(choice: DataPlaneChoice) -> Iterator[DataPlane]:
    """The data plane, whose processes and keys are gone at the end, also where a signal ends this process."""
    if choice is DataPlaneChoice.none:
        yield NoDataPlane()
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    with haproxy_data_plane() as plane:
        yield plane


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
