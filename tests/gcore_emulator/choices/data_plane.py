"""What the data plane makes of a choice; what traffic makes of it is among the tests of the data plane."""

from __future__ import annotations

from pathlib import PurePosixPath

from gcore_emulator.data_plane.configuration import configuration
from tests.gcore_emulator.choices.choice import choice
from tests.gcore_emulator.emulated_api import Api, mtls


def configured(api: Api) -> str:
    """HAProxy's configuration of a load balancer with TLS on both sides."""
    api.do("POST", "/v1/loadbalancers/@", mtls(api))
    account = api.emulator.account
    (balancer,) = account.load_balancers.values()
    ports = dict.fromkeys(account.listeners, 10_000)
    return configuration(balancer, account, ports, api.emulator.settings.behavior, PurePosixPath("/private")).text


@choice("pool-alpn", "octavia")
def pools_offer_http_2(api: Api) -> None:
    assert configured(api).count("alpn h2,http/1.1,http/1.0") == 5


@choice("pool-alpn", "http1")
def pools_offer_no_http_2(api: Api) -> None:
    assert configured(api).count("alpn http/1.1,http/1.0") == 4


@choice("pool-alpn", "none")
def pools_offer_nothing(api: Api) -> None:
    assert configured(api).count("alpn") == 1


@choice("idle-close", "octavia")
def idle_connections_are_cut(api: Api) -> None:
    assert "idle-close" not in configured(api)


@choice("idle-close", "on-response")
def idle_connections_end_with_a_response(api: Api) -> None:
    assert "option idle-close-on-response" in configured(api)
