"""TLS defaults of Octavia. Gcore's choices are not documented."""

CIPHERS = (
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:"
    "DHE-RSA-CHACHA20-POLY1305"
)
"""Suite B of OWASP's cheat sheet: the default of listeners and pools."""

OLD_VERSIONS_OFF = "no-sslv3 no-tlsv10 no-tlsv11"
"""TLS 1.2 and 1.3: the default of listeners and pools."""

LISTENER_ALPN = "h2,http/1.1,http/1.0"
"""ALPN protocols that listeners offer to clients."""

POOL_ALPN = {"octavia": "h2,http/1.1,http/1.0", "http1": "http/1.1,http/1.0", "none": None}
"""ALPN protocols that pools offer to members, by the value of the behavior option `pool-alpn`. None: no ALPN."""
