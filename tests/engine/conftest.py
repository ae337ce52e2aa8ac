"""What the tests on the real engine share: the engine, an emulator, certificates, stacks."""

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
    """The engine. Without one these tests fail: they are never skipped."""
    found = shutil.which("pulumi")
    assert found, "There is no `pulumi` on PATH. Run the tests with scripts/test, which finds or builds it."
    return found


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentFiles:
    """Certificates as a user has them."""
    return write_development_certificates(tmp_path_factory.mktemp("certificates") / "files")


@pytest.fixture(params=["guide", "openapi"])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Which of Gcore's two documents the emulator follows; the package finds out by itself."""
    chosen: Dialect = request.param
    return chosen


def emulated(seconds: Mapping[str, float] | None = None, /, **choices: object) -> Emulator:
    """An empty emulator.

    Args:
        seconds: how long tasks take that take longer than others, by their type.
        choices: how it behaves where nobody knows how Gcore does.
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
    """An empty emulator."""
    return emulated(**DIALECT_CHOICES[dialect])


@pytest.fixture
def url(emulator: Emulator) -> Iterator[str]:
    """Where the emulator answers."""
    with serving(emulator) as base_url:
        yield base_url


@pytest.fixture
def abroad(dialect: Dialect) -> Iterator[tuple[Emulator, str]]:
    """Another account, in another region, and where it answers."""
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
    """Makes a stack of a program, configured for the emulator."""

    def make(source: Path) -> Stack:
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

    return make


@pytest.fixture
def new_program(new_stack: NewStack, tmp_path: Path) -> NewProgram:
    """Makes a stack of a program that is given as text."""

    def make(text: str) -> Stack:
        source = tmp_path / f"source-{len(list(tmp_path.iterdir()))}"
        source.mkdir()
        (source / "Pulumi.yaml").write_text("name: program\nruntime: python\n")
        (source / "__main__.py").write_text(text)
        return new_stack(source)

    return make
