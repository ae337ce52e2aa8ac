"""Address and account of Gcore: from the stack's configuration, else from the environment.

| config | environment | default |
| --- | --- | --- |
| `gcore:apiKey` (secret) | `GCORE_API_KEY` | none: needed for every request |
| `gcore:projectId` | `GCORE_CLOUD_PROJECT_ID` | none: needed for every request |
| `gcore:regionId` | `GCORE_CLOUD_REGION_ID` | none: needed for every request |
| `gcore:baseUrl` | `GCORE_BASE_URL` | Gcore's public API |
| `gcore:dialect` | `GCORE_DIALECT` | `auto` |
| `gcore:taskTimeout` | `GCORE_TASK_TIMEOUT` | per operation, see `operation.TIME_LIMITS`; seconds, 1800 at most |
| `gcore:parallel` | `GCORE_PARALLEL` | 64 operations at once |

What is missing is an error at the first request, not before: a preview that makes no request needs no key.

A resource may name a connection: another namespace with the same keys (`provider_config="gcore-eu"`: `gcore-eu:apiKey`,
`gcore-eu:projectId`, ...). The environment holds for `gcore` alone, and nothing is taken over from `gcore`: what a
namespace doesn't say has the default above. `parallel` is the whole process's, so only `gcore:parallel` counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from gcore_tls_provider.api.connection import NAMESPACE, PUBLIC_API, Connection, Dialect, Location
from gcore_tls_provider.errors import ConfigurationError

ENVIRONMENT: Final[Mapping[str, str]] = {
    "apiKey": "GCORE_API_KEY",
    "projectId": "GCORE_CLOUD_PROJECT_ID",
    "regionId": "GCORE_CLOUD_REGION_ID",
    "baseUrl": "GCORE_BASE_URL",
    "dialect": "GCORE_DIALECT",
    "taskTimeout": "GCORE_TASK_TIMEOUT",
    "parallel": "GCORE_PARALLEL",
}
"""For each configuration key the variable that stands in for it: the names of Gcore's own SDK where it has one."""

REQUIRED: Final = ("apiKey", "projectId", "regionId")
"""The keys without which no request can be sent."""


class Configuration(BaseModel):
    """The configuration of one namespace, as far as it is there.

    Attributes:
        namespace: the namespace.
        empty: nothing at all is configured in it.
        api_key: the permanent API token.
        project_id: the project's number.
        region_id: the region's number.
        base_url: where the API answers.
        dialect: `auto`, `guide` or `openapi`.
        task_timeout: seconds for every operation, 1 to 1800; None: the defaults per operation.
        parallel: operations at once, 1 to 256.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, populate_by_name=True, defer_build=True)

    namespace: str = NAMESPACE
    empty: bool = True
    api_key: Annotated[SecretStr | None, Field(alias="apiKey")] = None
    project_id: Annotated[int | None, Field(alias="projectId", gt=0)] = None
    region_id: Annotated[int | None, Field(alias="regionId", gt=0)] = None
    base_url: Annotated[str, Field(alias="baseUrl")] = PUBLIC_API
    dialect: Dialect = "auto"
    task_timeout: Annotated[float | None, Field(alias="taskTimeout", ge=1, le=1800)] = None
    parallel: Annotated[int, Field(ge=1, le=256)] = 64

    @classmethod
    def read(
        cls, configured: Callable[[str], str | None], environment: Mapping[str, str], namespace: str = NAMESPACE
    ) -> Configuration:
        """Read each value from the stack's configuration, else from the environment.

        Args:
            configured: Return the value of a full key such as `gcore:apiKey`, or None.
            environment: Environment variables; they apply to the namespace `gcore` only.
            namespace: Namespace of the keys.

        Raises:
            ConfigurationError: A value is present and unusable; the message names all of them.
        """
        variables = environment if namespace == NAMESPACE else {}
        values = {
            key: value
            for key, variable in ENVIRONMENT.items()
            if (value := (configured(f"{namespace}:{key}") or variables.get(variable) or "").strip())
        }
        complaints: list[str] = []
        configuration = cls()
        try:
            configuration = cls.model_validate({**values, "namespace": namespace, "empty": not values})
        except ValidationError as error:
            complaints += _complaints(error, namespace)
        try:
            Connection(api_key=SecretStr("-"), project_id=1, region_id=1, base_url=values.get("baseUrl", PUBLIC_API))
        except ValidationError as error:
            complaints += _complaints(error, namespace)
        if complaints:
            raise ConfigurationError(" ".join(complaints))
        return configuration

    def connection(self, scope: Location | None = None) -> Connection:
        """Return the settings of a client.

        Args:
            scope: project and region, where an object's state says them; else the configured ones. Its connection
                must be this one.

        Raises:
            ConfigurationError: The API key, the project or the region is missing; the message names all of them.
        """
        project_id = (scope.project_id if scope else None) or self.project_id
        region_id = (scope.region_id if scope else None) or self.region_id
        if self.api_key is None or project_id is None or region_id is None:
            values = (self.api_key, project_id, region_id)
            absent = [key for key, value in zip(REQUIRED, values, strict=True) if value is None]
            raise ConfigurationError(" ".join(self._missing(key) for key in absent))
        return Connection(
            api_key=self.api_key,
            project_id=project_id,
            region_id=region_id,
            base_url=self.base_url,
            dialect=self.dialect,
            namespace=self.namespace,
        )

    def _missing(self, key: str) -> str:
        secret = " --secret" if key == "apiKey" else ""
        elsewhere = (
            f"or set the environment variable {ENVIRONMENT[key]}."
            if self.namespace == NAMESPACE
            else "(environment variables don't hold for a named provider config)."
        )
        return (
            f"{self.namespace}:{key} isn't configured: run `pulumi config set{secret} {self.namespace}:{key} ...` "
            f"{elsewhere}"
            # The engine keeps the configuration of the last `up` for commands that don't run the program.
            " `pulumi refresh` and `destroy` see what was configured since the last `up` with --run-program only."
        )


def _complaints(error: ValidationError, namespace: str) -> Iterator[str]:
    for detail in error.errors(include_url=False, include_input=False):
        key = {"base_url": "baseUrl"}.get(str(detail["loc"][0]), str(detail["loc"][0]))
        said = detail["msg"].removeprefix("Value error, ").replace("Input", "it", 1)
        variable = f" (or {ENVIRONMENT[key]})" if namespace == NAMESPACE else ""
        yield f"{namespace}:{key}{variable} can't be used: {said}."
