"""Real traffic for emulated load balancers: one HAProxy each, configured as OpenStack Octavia's templates would.

Gcore's load balancers behave like Octavia's. `configuration.py` says what the objects become, `process.py` runs one
HAProxy, `health.py` reads what it says of the members, and `plane.py` holds it together.

What isn't carried: UDP listeners, which Octavia gives to another program.
"""

from gcore_emulator.data_plane.plane import (
    DataPlane,
    Endpoint,
    HaproxyDataPlane,
    NoDataPlane,
    Seen,
    haproxy_data_plane,
)
from gcore_emulator.data_plane.program import ConfigurationRefused, HaproxyMissing

__all__ = [
    "ConfigurationRefused",
    "DataPlane",
    "Endpoint",
    "HaproxyDataPlane",
    "HaproxyMissing",
    "NoDataPlane",
    "Seen",
    "haproxy_data_plane",
]
