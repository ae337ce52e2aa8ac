"""`gcore-tls discover`: a program that adopts a load balancer with all that belongs to it.

| module | what it is about |
| --- | --- |
| `account` | what there is at Gcore, as a model |
| `program` | the model as the text of a Pulumi program |
| `command` | both, configured from the environment |
"""
