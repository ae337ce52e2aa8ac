"""Internal inputs: what the constructor of a resource tells its provider, beside what the program says.

The engine tells a dynamic provider nothing about a resource but its inputs. These are saved with them, and shown to
nobody.
"""

from __future__ import annotations

from typing import Final

CONTEXT: Final = "__context"
"""Which resource it is: its URN, its name, its stack, its time limits."""

ATTEMPT: Final = "__attempt"
"""What tells one making of a resource from all others: random text, new for each.

Pulumi saves it together with the create that is under way, before anything is sent to Gcore, and the object's name
comes from it.
"""

MATERIAL: Final = "__material"
"""The public material of what it refers to: PEM by role. An empty text stands for material that nobody knows."""
