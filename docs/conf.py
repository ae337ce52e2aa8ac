"""Settings of the documentation site. `scripts/docs` builds it."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

project = "gcore-tls-provider"
author = "The gcore-tls-provider authors"
version = release = version_of(project)
html_title = project

extensions = ["myst_parser", "documentation.extension"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["conf.py"]
myst_heading_anchors = 4  # as on GitHub; a link to a missing one is a warning

html_theme = "furo"
html_static_path = ["style"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
smartquotes = False  # messages appear as they are printed, so that a search finds them

# Text between backticks is code, and a link if it is a public name.
default_role = "py:obj"
autoclass_content = "both"
autodoc_member_order = "bysource"
autodoc_typehints = "description"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 60
toc_object_entries_show_parents = "hide"
