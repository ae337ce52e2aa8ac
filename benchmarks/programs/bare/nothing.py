"""A provider that does nothing; in a module of its own, so that it is saved as its name, as ours are."""

from pulumi.dynamic import CreateResult, ResourceProvider


class Nothing(ResourceProvider):
    """Does nothing."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, object]) -> CreateResult:
        """Says that it has made something."""
        return CreateResult("nothing", props)
