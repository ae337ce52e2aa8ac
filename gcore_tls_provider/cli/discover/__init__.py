"""`gcore-tls discover`: print a Pulumi program that adopts a load balancer and everything attached to it.

| module | subject |
| --- | --- |
| `account` | reads the load balancer, its listeners, pools and secrets from Gcore |
| `program` | renders them as a Pulumi program |
| `discovery` | reads and renders, with the configuration from the environment |
| `command` | options, output and exit code |
"""
