"""Address and account of Gcore: from the stack's configuration, else from the environment.

| config | environment | default |
| --- | --- | --- |
| `gcore:apiKey` (secret) | `GCORE_API_KEY` | none: needed for every request |
| `gcore:projectId` | `GCORE_CLOUD_PROJECT_ID` | none: needed for every request |
| `gcore:regionId` | `GCORE_CLOUD_REGION_ID` | none: needed for every request |
| `gcore:baseUrl` | `GCORE_BASE_URL` | Gcore's public API |
| `gcore:allowPlaintext` | `GCORE_ALLOW_PLAINTEXT` | `false`: a plain HTTP URL of another machine is an error |
| `gcore:dialect` | `GCORE_DIALECT` | `auto` |
| `gcore:taskTimeout` | `GCORE_TASK_TIMEOUT` | per operation, see `operation.TIME_LIMITS`; seconds, 1800 at most |
| `gcore:parallel` | `GCORE_PARALLEL` | 64 operations at once |

A missing value is an error at the first request, not before: a preview that sends no request needs no key.

A resource can name a provider config: another namespace with the same keys (`provider_config="gcore-eu"`:
`gcore-eu:apiKey`, `gcore-eu:projectId`, ...). Environment variables apply to the namespace `gcore` only, and no
namespace inherits values from it: a key that is not configured has the default above. `parallel` applies to the whole
process, so only `gcore:parallel` counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from gcore_tls_provider.api.connection import NAMESPACE, PUBLIC_API, Connection, Dialect, Location, is_plaintext
from gcore_tls_provider.errors import ConfigurationError

ENVIRONMENT: Final[Mapping[str, str]] = {
    "apiKey": "GCORE_API_KEY",
    "projectId": "GCORE_CLOUD_PROJECT_ID",
    "regionId": "GCORE_CLOUD_REGION_ID",
    "baseUrl": "GCORE_BASE_URL",
    "allowPlaintext": "GCORE_ALLOW_PLAINTEXT",
    "dialect": "GCORE_DIALECT",
    "taskTimeout": "GCORE_TASK_TIMEOUT",
    "parallel": "GCORE_PARALLEL",
}
"""Environment variable of each configuration key; Gcore's own SDK uses the same names for those that it has."""

REQUIRED: Final = ("apiKey", "projectId", "regionId")
"""Keys without which no request can be sent."""


class Configuration(BaseModel):
    """Configuration of one namespace; values that are not configured have their defaults.

    Attributes:
        namespace: Namespace of the keys; default `gcore`.
        empty: Whether no key of the namespace is configured.
        api_key: Permanent API token.
        project_id: ID of the project, 1 or more.
        region_id: ID of the region, 1 or more.
        base_url: URL of the API; default Gcore's public API.
        allow_plaintext: Whether the URL can be plain HTTP to another machine; default no.
        dialect: API variant: `auto`, `guide` or `openapi`; default `auto`.
        task_timeout: Seconds for every operation, 1 to 1800; None for the defaults per operation.
        parallel: Maximum number of operations at once, 1 to 256; default 64.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, populate_by_name=True, defer_build=True)

    namespace: str = NAMESPACE
    empty: bool = True
    api_key: Annotated[SecretStr | None, Field(alias="apiKey")] = None
    project_id: Annotated[int | None, Field(alias="projectId", gt=0)] = None
    region_id: Annotated[int | None, Field(alias="regionId", gt=0)] = None
    base_url: Annotated[str, Field(alias="baseUrl")] = PUBLIC_API
    allow_plaintext: Annotated[bool, Field(alias="allowPlaintext")] = False
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
        problems: list[str] = []
        configuration = cls()
        try:
            configuration = cls.model_validate({**values, "namespace": namespace, "empty": not values})
        except ValidationError as error:
            problems += _problems(error, namespace)
        try:
            Connection(api_key=SecretStr("-"), project_id=1, region_id=1, base_url=values.get("baseUrl", PUBLIC_API))
        except ValidationError as error:
            problems += _problems(error, namespace)
        else:
            if configuration.is_plaintext and not configuration.allow_plaintext:
                problems.append(_plaintext_problem(namespace))
        if problems:
            raise ConfigurationError(" ".join(problems))
        return configuration

    @property
    def is_plaintext(self) -> bool:
        """True if requests cross a network unencrypted."""
        return is_plaintext(self.base_url)

    def connection(self, location: Location | None = None) -> Connection:
        """Return the settings of a client.

        Args:
            location: Project and region of the object, as far as its state contains them; by default the configured
                ones. Its provider config must be this namespace.

        Raises:
            ConfigurationError: The API key, the project or the region is missing; the message names all of them.
        """
        project_id = (location.project_id if location else None) or self.project_id
        region_id = (location.region_id if location else None) or self.region_id
        if self.api_key is None or project_id is None or region_id is None:
            values = (self.api_key, project_id, region_id)
            missing = [key for key, value in zip(REQUIRED, values, strict=True) if value is None]
            raise ConfigurationError(" ".join(self._missing(key) for key in missing))
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
            else "(environment variables do not apply to a named provider config)."
        )
        return (
            f"{self.namespace}:{key} is not configured: run `pulumi config set{secret} {self.namespace}:{key} ...` "
            f"{elsewhere}"
            # For commands that do not run the program, the engine keeps the configuration of the last `up`.
            " `pulumi refresh` and `pulumi destroy` use the configuration of the last `up`; with --run-program they "
            "use the current one."
        )


def _problems(error: ValidationError, namespace: str) -> Iterator[str]:
    for detail in error.errors(include_url=False, include_input=False):
        key = {"base_url": "baseUrl"}.get(str(detail["loc"][0]), str(detail["loc"][0]))
        reason = detail["msg"].removeprefix("Value error, ").replace("Input", "it", 1)
        yield f"{_setting(namespace, key)} cannot be used: {reason}."


def _plaintext_problem(namespace: str) -> str:
    variable = f" or {ENVIRONMENT['allowPlaintext']}=true" if namespace == NAMESPACE else ""
    return (
        f"{_setting(namespace, 'baseUrl')} cannot be used: it is plain HTTP to another machine, so the API key and "
        f"private keys would cross the network unencrypted. Use an https URL, or accept this with `pulumi config set "
        f"{namespace}:allowPlaintext true`{variable}."
    )


def _setting(namespace: str, key: str) -> str:
    variable = f" (or {ENVIRONMENT[key]})" if namespace == NAMESPACE else ""
    return f"{namespace}:{key}{variable}"
