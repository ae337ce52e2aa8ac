"""Context of one authenticated request: its project and region, and the parts of the emulator that it uses."""

from dataclasses import dataclass
from datetime import datetime
from secrets import compare_digest
from typing import Annotated

from fastapi import Depends, Path, Request, Security
from fastapi.security import APIKeyHeader

from gcore_emulator.account import EmulatedAccount, ProjectRegion, RequestSummary
from gcore_emulator.behavior import Behavior
from gcore_emulator.data_plane import DataPlane, TrafficStatuses
from gcore_emulator.emulator import Emulator
from gcore_emulator.errors import ApiErrorResponse, not_found
from gcore_emulator.references import References
from gcore_emulator.task_engine import CapturedRequest, InjectedOutcome, Planner, TaskEngine, TaskRequest
from gcore_tls_provider.api.wire.tasks import TaskIds


def emulator_of(request: Request) -> Emulator:
    """Return the emulator that serves a request."""
    emulator: Emulator = request.app.state.emulator
    return emulator


_HEADER = APIKeyHeader(name="Authorization", description="`APIKey` and the key, separated by a space", auto_error=False)


async def authenticate(request: Request, header: Annotated[str | None, Security(_HEADER)]) -> None:
    """Raise a 401 unless the request has the header `Authorization: APIKey KEY` with the account's key."""
    scheme, _separator, key = (header or "").partition(" ")
    if not scheme:
        raise ApiErrorResponse(401, "not_authenticated", "Authentication credentials were not provided.")
    if scheme.lower() != "apikey":
        raise ApiErrorResponse(401, "not_authenticated", "The authentication scheme is not supported; use APIKey.")
    if not compare_digest(key.strip().encode(), emulator_of(request).settings.api_key.encode()):
        raise ApiErrorResponse(401, "token_not_valid", "The API key is invalid or expired.")


def behavior_of(request: Request) -> Behavior:
    """Return the behavior of the emulator that serves a request."""
    return emulator_of(request).settings.behavior


@dataclass(frozen=True)
class RequestContext:
    """Request in a project and region, with the parts of the emulator that it uses.

    Attributes:
        account: Objects and tasks.
        task_engine: Engine that runs the tasks.
        data_plane: Data plane that carries the traffic.
        references: Look-up of other objects in the same project and region.
        now: Time of the request.
        summary: Summary of the request, kept with its tasks.
        outcome: Outcome of its tasks, if a fault rule injects one.
        captured: Copy of the request, for a replay.
    """

    account: EmulatedAccount
    task_engine: TaskEngine
    data_plane: DataPlane
    references: References
    now: datetime
    summary: RequestSummary
    outcome: InjectedOutcome
    captured: CapturedRequest

    @property
    def location(self) -> ProjectRegion:
        """Project and region."""
        return self.references.location

    @property
    def behavior(self) -> Behavior:
        """Behavior options."""
        return self.references.behavior

    def traffic_statuses(self) -> TrafficStatuses:
        """Return the operating statuses that the data plane reports now. Each call queries the data plane."""
        return self.data_plane.operating_statuses(self.account)

    def task_request(
        self, task_type: str, load_balancer_id: str | None = None, allow_error_status: bool = False
    ) -> TaskRequest:
        """Return a task request of this HTTP request."""
        return TaskRequest(
            self.location, self.summary, task_type, load_balancer_id, allow_error_status, self.outcome, self.captured
        )

    def submit(
        self, task_type: str, plan: Planner, load_balancer_id: str | None = None, allow_error_status: bool = False
    ) -> TaskIds:
        """Submit a task for this request; see `TaskEngine.submit`."""
        return self.task_engine.submit(self.task_request(task_type, load_balancer_id, allow_error_status), plan)


async def _context(
    request: Request,
    project_id: Annotated[int, Path(description="Project ID")],
    region_id: Annotated[int, Path(description="Region ID")],
) -> RequestContext:
    emulator = emulator_of(request)
    if project_id not in emulator.settings.projects:
        raise not_found("Project", str(project_id))
    if region_id not in emulator.settings.regions:
        raise not_found("Region", str(region_id))
    references = References(emulator.account, ProjectRegion(project_id, region_id), emulator.settings.behavior)
    return RequestContext(
        account=emulator.account,
        task_engine=emulator.task_engine,
        data_plane=emulator.data_plane,
        references=references,
        now=emulator.clock.now(),
        summary=request.state.summary,
        outcome=request.state.outcome,
        captured=request.state.captured,
    )


CurrentContext = Annotated[RequestContext, Depends(_context)]
"""Parameter of a route in a project and region."""
