"""As many dynamic resources that do nothing as the same number of whole load balancers has resources."""

import os

from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Nothing(ResourceProvider):
    """Does nothing."""

    def create(self, props: dict[str, object]) -> CreateResult:
        """Says that it has made something."""
        return CreateResult("nothing", props)


class Idle(Resource, module="benchmark", name="Idle"):
    """A resource of that kind."""


for number in range(9 * int(os.environ["BENCHMARK_COUNT"])):
    Idle(Nothing(), f"nothing-{number}", {"text": "It is the same each time."})
