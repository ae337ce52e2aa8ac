"""Make the description for package indexes from `README.md`: a metadata hook of hatchling.

A package index does not resolve links into the repository. With its address in `project.urls.Source`, links and
pictures become absolute. Without it, links become their text, and pictures are left out, so that nothing is broken.
"""

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

PICTURE = re.compile(r"<picture>.*?</picture>\n*", re.DOTALL)
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#)([^)]+)\)")
SOURCE = re.compile(r'(src|srcset)="(?!https?:)([^"]+)"')


def description(readme: str, repository: str | None) -> str:
    """Return the README with links that work outside of the repository.

    Args:
        readme: Text of the README.
        repository: Address of the repository, as GitHub serves it; None if there is none yet.
    """
    if repository is None:
        return LINK.sub(r"\1", PICTURE.sub("", readme))
    linked = LINK.sub(rf"[\1]({repository}/blob/HEAD/\2)", readme)
    return SOURCE.sub(rf'\1="{repository}/raw/HEAD/\2"', linked)


class DescriptionHook(MetadataHookInterface):
    """Hook that sets `readme`."""

    def update(self, metadata: dict) -> None:
        """Set the description of the distribution."""
        readme = Path(self.root, "README.md").read_text()
        text = description(readme, metadata.get("urls", {}).get("Source"))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
