"""Real traffic for emulated load balancers: one HAProxy each, configured as OpenStack Octavia's templates would.

Gcore's load balancers behave like Octavia's. `configuration.py` renders HAProxy's configuration, `process.py` runs one
HAProxy, `health.py` reads the statuses of members from it, and `plane.py` combines them.

UDP listeners are not served: Octavia runs them in another program.
"""

from gcore_emulator.data_plane.plane import (
    DataPlane,
    Endpoint,
    HaproxyDataPlane,
    NoDataPlane,
    TrafficStatuses,
    haproxy_data_plane,
)
from gcore_emulator.data_plane.program import ConfigurationRejected, HaproxyMissing

__all__ = [
    "ConfigurationRejected",
    "DataPlane",
    "Endpoint",
    "HaproxyDataPlane",
    "HaproxyMissing",
    "NoDataPlane",
    "TrafficStatuses",
    "haproxy_data_plane",
]
