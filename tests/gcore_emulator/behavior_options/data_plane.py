"""HAProxy configuration of each value. The data plane's tests check the effect on traffic."""

from __future__ import annotations

from pathlib import PurePosixPath

from gcore_emulator.data_plane.configuration import configuration
from tests.gcore_emulator.behavior_options.registry import checks_value
from tests.gcore_emulator.emulated_api import Api, mtls


def configured(api: Api) -> str:
    """Return HAProxy's configuration of a load balancer with TLS on both sides."""
    api.do("POST", "/v1/loadbalancers/@", mtls(api))
    account = api.emulator.account
    (balancer,) = account.load_balancers.values()
    ports = dict.fromkeys(account.listeners, 10_000)
    return configuration(balancer, account, ports, api.emulator.settings.behavior, PurePosixPath("/private")).text


@checks_value("pool-alpn", "octavia")
def pools_offer_http_2(api: Api) -> None:
    assert configured(api).count("alpn h2,http/1.1,http/1.0") == 5


@checks_value("pool-alpn", "http1")
def pools_offer_no_http_2(api: Api) -> None:
    assert configured(api).count("alpn http/1.1,http/1.0") == 4


@checks_value("pool-alpn", "none")
def pools_offer_no_alpn(api: Api) -> None:
    assert configured(api).count("alpn") == 1


@checks_value("idle-close", "octavia")
def idle_connections_are_closed_at_a_reload(api: Api) -> None:
    assert "idle-close" not in configured(api)


@checks_value("idle-close", "on-response")
def idle_connections_close_after_their_next_response(api: Api) -> None:
    assert "option idle-close-on-response" in configured(api)
