"""Time line of the tasks of a run, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from benchmarks.account import FinishedTask

_ROW: Final = 24
_LABEL: Final = 180
_WIDTH: Final = 720


def timeline(tasks: Sequence[FinishedTask], started: datetime, ended: datetime) -> str:
    """Return an SVG with the tasks as bars. The gaps are time of the provider or the engine.

    Args:
        tasks: The tasks of the run, at least one.
        started: Start of the run.
        ended: End of the run.
    """
    whole = (ended - started).total_seconds()

    def at(moment: datetime) -> float:
        return _LABEL + _WIDTH * (moment - started).total_seconds() / whole

    height = _ROW * (len(tasks) + 2)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LABEL + _WIDTH + 60}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect x="{_LABEL}" y="0" width="{_WIDTH}" height="{height - _ROW}" fill="#eee"/>',
    ]
    for row, task in enumerate(tasks):
        left, right, top = at(task.started), at(task.ended), _ROW * row + 4
        seconds = (task.ended - task.started).total_seconds()
        lines += [
            f'<text x="4" y="{top + 13}">{task.task_type}</text>',
            f'<rect x="{left:.1f}" y="{top}" width="{max(1.0, right - left):.1f}" height="16" fill="#4a7dbd"/>',
            f'<text x="{right + 4:.1f}" y="{top + 13}">{seconds:.1f} s</text>',
        ]
    lines += [f'<text x="{_LABEL}" y="{height - 6}">0 to {whole:.1f} s: from `pulumi up` to its end</text>', "</svg>"]
    return "\n".join(lines) + "\n"
