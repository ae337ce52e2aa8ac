"""One authenticated request: who asks, in which project and region, and what it may use of the emulator."""

from dataclasses import dataclass
from datetime import datetime
from secrets import compare_digest
from typing import Annotated

from fastapi import Depends, Path, Request, Security
from fastapi.security import APIKeyHeader

from gcore_emulator.account import Account, Asked, Scope
from gcore_emulator.behavior import Behavior
from gcore_emulator.data_plane import DataPlane, Seen
from gcore_emulator.emulator import Emulator
from gcore_emulator.errors import Failure, not_found
from gcore_emulator.references import References
from gcore_emulator.task_engine import Fate, Heard, Order, Plan, Work
from gcore_tls_provider.api.wire.tasks import TaskIds


def emulator_of(request: Request) -> Emulator:
    """The emulator that serves a request."""
    emulator: Emulator = request.app.state.emulator
    return emulator


_HEADER = APIKeyHeader(name="Authorization", description="`APIKey` and the key, with a blank between", auto_error=False)


async def authenticate(request: Request, header: Annotated[str | None, Security(_HEADER)]) -> None:
    """401 unless the request carries `Authorization: APIKey KEY` with the account's key."""
    scheme, _separator, key = (header or "").partition(" ")
    if not scheme:
        raise Failure(401, "not_authenticated", "Authentication credentials were not provided.")
    if scheme.lower() != "apikey":
        raise Failure(401, "not_authenticated", "The authentication scheme is not supported; use APIKey.")
    if not compare_digest(key.strip().encode(), emulator_of(request).settings.api_key.encode()):
        raise Failure(401, "token_not_valid", "The API key is invalid or expired.")


def in_force(request: Request) -> Behavior:
    """How the emulator answers open questions."""
    return emulator_of(request).settings.behavior


@dataclass(frozen=True)
class Call:
    """A request in a project and region."""

    account: Account
    work: Work
    data_plane: DataPlane
    references: References
    now: datetime
    asked: Asked
    fate: Fate
    heard: Heard

    @property
    def scope(self) -> Scope:
        """Its project and region."""
        return self.references.scope

    @property
    def behavior(self) -> Behavior:
        """How open questions are answered."""
        return self.references.behavior

    def seen(self) -> Seen:
        """Operating statuses as traffic shows them now. Asks the data plane each time."""
        return self.data_plane.seen(self.account)

    def order(self, task_type: str, load_balancer_id: str | None = None, on_error_too: bool = False) -> Order:
        """Work that this request asks for."""
        return Order(self.scope, self.asked, task_type, load_balancer_id, on_error_too, self.fate, self.heard)

    def submit(
        self, task_type: str, plan: Plan, load_balancer_id: str | None = None, on_error_too: bool = False
    ) -> TaskIds:
        """Begins work for this request; see `Work.submit`."""
        return self.work.submit(self.order(task_type, load_balancer_id, on_error_too), plan)


async def _call(
    request: Request,
    project_id: Annotated[int, Path(description="Project ID")],
    region_id: Annotated[int, Path(description="Region ID")],
) -> Call:
    emulator = emulator_of(request)
    if project_id not in emulator.settings.projects:
        raise not_found("Project", str(project_id))
    if region_id not in emulator.settings.regions:
        raise not_found("Region", str(region_id))
    references = References(emulator.account, Scope(project_id, region_id), emulator.settings.behavior)
    return Call(
        account=emulator.account,
        work=emulator.work,
        data_plane=emulator.data_plane,
        references=references,
        now=emulator.clock.now(),
        asked=request.state.asked,
        fate=request.state.fate,
        heard=request.state.heard,
    )


Here = Annotated[Call, Depends(_call)]
"""Parameter of a route in a project and region."""
