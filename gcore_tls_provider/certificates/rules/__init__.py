"""Rules about certificates and CRLs that can be parsed: are they of the right type, do they work, and how long.

Pure functions, one module for each subject. Each takes parsed content and the moment `now`, and returns findings; none
raises. A finding is an error where HAProxy, on which Gcore's load balancers are built, would fail the handshakes, or
Gcore's API would reject the content. It is a warning where it works today, but soon will not or is probably not
intended.

| module | subject |
| --- | --- |
| `leaf` | a listener certificate or a client certificate |
| `intermediates` | the chain that is sent with it |
| `ca` | the CA bundle that backends are verified with |
| `crl` | the CRLs of these CAs |
| `server_names` | the certificates of one listener together |
| `backend` | the certificates that backends are expected to present |
| `rotation` | the effect of a change of CAs on deployed backends |
| `shared_keys` | one private key for clients and backends |
| `reload_effects` | expired content that any change of a load balancer exposes |

Several of them use the same facts:

| module | facts |
| --- | --- |
| `validity` | whether a certificate is valid now, and how long |
| `key_strength` | whether its key and signature are strong enough |
| `extensions` | its purposes |
| `chain_path` | the path from a backend's certificate to a root, as OpenSSL builds it |
| `crl_selection` | the CRL that OpenSSL uses for a certificate |
| `verifier` | whether a path is valid, by `cryptography`'s verifier |
"""
