"""Dynamic resources that do nothing: nine for each of `BENCHMARK_COUNT` load balancers."""

import os

from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Nothing(ResourceProvider):
    """Provider that does nothing."""

    def create(self, props: dict[str, object]) -> CreateResult:
        """Return an ID without creating anything."""
        return CreateResult("nothing", props)


class Idle(Resource, module="benchmark", name="Idle"):
    """Resource that does nothing."""


for number in range(9 * int(os.environ["BENCHMARK_COUNT"])):
    Idle(Nothing(), f"nothing-{number}", {"text": "It is the same each time."})
