"""HTTP client of one account: its headers, the machine's proxies, and the limit of each call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final
from urllib.parse import unquote
from urllib.request import getproxies

import httpx

from gcore_tls_provider.api.connection import Connection
from gcore_tls_provider.api.exchange import CallLimit, limit_calls
from gcore_tls_provider.errors import ConfigurationError

_LIMITS = httpx.Limits(max_connections=128, max_keepalive_connections=64)
_PROXY_SCHEMES: Final = ("http", "https", "all")


def http_client(connection: Connection, transport: httpx.BaseTransport | None, limit: CallLimit) -> httpx.Client:
    """Return an HTTP client for an account, which opens no connection yet.

    Args:
        connection: Account, project and region.
        transport: Transport of the requests, for tests; None for the network.
        limit: Limit that the caller sets for each call.

    Raises:
        ConfigurationError: A header cannot contain the API key, or this machine's settings for HTTP are unusable.
    """
    key = connection.api_key.get_secret_value()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        # Checked here because the HTTP library's own error quotes the header.
        raise ConfigurationError(
            f"The API key ({connection.setting('apiKey')}) is empty or contains a character that no API key has, such "
            "as a blank or a line end. Copy it again from Gcore's portal."
        )
    if transport is None:
        _check_proxies()
    try:
        http = httpx.Client(
            base_url=connection.base_url,
            headers={
                "Authorization": f"APIKey {key}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": "gcore-tls-provider",
            },
            # No server can store anything in this process.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=_LIMITS,
            transport=transport,
        )
    except (httpx.InvalidURL, ImportError, OSError, ValueError) as error:
        # The HTTP library's text can quote the URL of a proxy with its password, so only the system's text is shown.
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
        if isinstance(error, ImportError):
            reason = "a SOCKS proxy needs `pip install 'httpx[socks]'`"
        raise ConfigurationError(
            f"The HTTP settings of this machine are unusable: {reason}. Correct or unset the environment variables "
            "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR."
        ) from None
    limit_calls(http, limit)
    return http


def proxy_credentials() -> Iterator[str]:
    """Yield the user and the password of each proxy of this machine, as they are written and as they are sent.

    They are what stands before the last `@`, also in a URL that is invalid because of a `#` or a `/` in the password.
    """
    for url in _proxies().values():
        credentials, found, _host = url.partition("://")[2].rpartition("@")
        if not found:
            credentials, found, _host = url.rpartition("@")
        if found:
            password = credentials.partition(":")[2]
            yield from (credentials, unquote(credentials), password, unquote(password))


def _proxies() -> dict[str, str]:
    return {scheme: url for scheme, url in getproxies().items() if scheme in _PROXY_SCHEMES and url}


def _check_proxies() -> None:
    """Raise `ConfigurationError` for a proxy whose URL is unusable, without quoting it."""
    for scheme, url in _proxies().items():
        try:
            parsed = httpx.URL(url if "://" in url else f"http://{url}")
            usable = bool(parsed.host) and parsed.scheme in ("http", "https", "socks5", "socks5h")
        except (httpx.InvalidURL, ValueError):
            usable = False
        # An @ behind the host is the end of a password with a character that ends the host.
        if not usable or "@" in f"{parsed.path}{parsed.query.decode('ascii', 'replace')}{parsed.fragment}":
            name = f"{scheme}_PROXY".upper()
            raise ConfigurationError(
                f"The environment variable {name} is no usable URL of a proxy (`http://user:password@host:port`). "
                "Percent-encode special characters of the password, such as `%23` for #, `%2F` for / and `%40` for @."
            )
