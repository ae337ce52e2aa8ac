"""Shared fixtures of the tests with the real engine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from gcore_emulator import Behavior, Emulator, Settings, TaskSeconds, serving
from gcore_emulator.settings import DIALECT_CHOICES, Dialect
from gcore_tls_provider.certificates import DevelopmentFiles, write_development_certificates
from tests.engine.stack import Stack

API_KEY = "1_0123456789abcdef"
PROJECT, REGION = 1, 7
EU_API_KEY = "2_fedcba9876543210"
EU_PROJECT, EU_REGION = 2, 76

NewStack = Callable[[Path], Stack]
NewProgram = Callable[[str], Stack]


@pytest.fixture(scope="session", autouse=True)
def engine() -> str:
    """Return the path of the engine. Fail without one: these tests are never skipped."""
    found = shutil.which("pulumi")
    assert found, "`pulumi` is not on PATH. Run `scripts/test tests/engine`, which finds or builds it."
    return found


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentFiles:
    """Return certificate files as a user has them."""
    return write_development_certificates(tmp_path_factory.mktemp("certificates") / "files")


@pytest.fixture(params=["guide", "openapi"])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Return the dialect of the emulator: the variant of Gcore's API that it follows."""
    chosen: Dialect = request.param
    return chosen


def create_emulator(seconds: Mapping[str, float] | None = None, /, **choices: object) -> Emulator:
    """Return an empty emulator.

    Args:
        seconds: The durations of slow tasks, by task type.
        choices: The behavior options.
    """
    return Emulator(
        Settings(
            api_key=API_KEY,
            projects=frozenset({PROJECT}),
            regions=frozenset({REGION}),
            task_seconds=TaskSeconds(0.05, seconds or {}),
            behavior=Behavior.model_validate(choices),
        )
    )


@pytest.fixture
def emulator(dialect: Dialect) -> Emulator:
    """Return an empty emulator."""
    return create_emulator(**DIALECT_CHOICES[dialect])


@pytest.fixture
def url(emulator: Emulator) -> Iterator[str]:
    """Yield the base URL of the emulator."""
    with serving(emulator) as base_url:
        yield base_url


@pytest.fixture
def eu_account(dialect: Dialect) -> Iterator[tuple[Emulator, str]]:
    """Yield the emulator of a second account in another region, and its base URL."""
    emulator = Emulator(
        Settings(
            api_key=EU_API_KEY,
            projects=frozenset({EU_PROJECT}),
            regions=frozenset({EU_REGION}),
            task_seconds=TaskSeconds(0.05),
            behavior=Behavior.model_validate(DIALECT_CHOICES[dialect]),
        )
    )
    with serving(emulator) as base_url:
        yield emulator, base_url


@pytest.fixture
def new_stack(tmp_path: Path, url: str) -> NewStack:
    """Return a function that creates a stack of a program, configured for the emulator."""

    def create(source: Path) -> Stack:
        return Stack.of(
            source,
            tmp_path / f"stack-{len(list(tmp_path.iterdir()))}",
            {
                "GCORE_API_KEY": API_KEY,
                "GCORE_CLOUD_PROJECT_ID": str(PROJECT),
                "GCORE_CLOUD_REGION_ID": str(REGION),
                "GCORE_BASE_URL": url,
            },
        )

    return create


@pytest.fixture
def new_program(new_stack: NewStack, tmp_path: Path) -> NewProgram:
    """Return a function that creates a stack from the text of a program."""

    def create(text: str) -> Stack:
        source = tmp_path / f"source-{len(list(tmp_path.iterdir()))}"
        source.mkdir()
        (source / "Pulumi.yaml").write_text("name: program\nruntime: python\n")
        (source / "__main__.py").write_text(text)
        return new_stack(source)

    return create
