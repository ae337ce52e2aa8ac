"""Command line tool `gcore-tls`. Needs the extra `cli`.

Each command lives with its engine: a package whose `command` module holds the options, the output and the exit code, or
one module.

| module | subject |
| --- | --- |
| `app` | the commands, joined in one Typer application |
| `check` | `gcore-tls check`: validate certificate files, without Pulumi and without network access |
| `dev_certs` | `gcore-tls dev-certs`: create a complete set of test certificates |
| `discover` | `gcore-tls discover`: print a Pulumi program that adopts an existing load balancer |
| `orphans` | `gcore-tls orphans`: find and delete objects that interrupted runs left at Gcore |
| `probe` | `gcore-tls probe`: find out on a live account how Gcore behaves where its documentation does not say |
"""
