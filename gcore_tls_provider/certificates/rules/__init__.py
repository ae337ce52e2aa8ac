"""Rules for material that can be read: is it of the right kind, will it work, and for how long.

Pure functions, one module per thing that is judged. Each takes parsed material and the moment `now`, and gives
findings; none raises. A finding is an error where HAProxy, on which Gcore's load balancers are built, would fail the
handshakes, or Gcore's API would refuse; a warning where it works today, but soon won't or isn't what was meant.

| module | what it judges |
| --- | --- |
| `leaf` | a listener's or client certificate |
| `intermediates` | what is sent beside it |
| `authority` | the certificate authorities that backends are verified against |
| `revocation` | the revocation lists of these authorities |
| `server_names` | the certificates of one listener, side by side |
| `backend` | the certificates that backends are expected to show |
| `rotation` | what a change of authorities does to what is deployed |
| `trust` | whether clients and backends are shown the same private key |
| `reload` | what any change of a load balancer brings to light |

Several of them ask the same:

| module | what it knows |
| --- | --- |
| `validity` | whether a certificate is valid now, and for how long |
| `strength` | whether its key and signature are strong enough |
| `extensions` | what it may be used for |
| `path` | the way from a backend's certificate up to a root, as OpenSSL takes it |
| `verifier` | whether a path holds, in the words of `cryptography`'s verifier |
"""
