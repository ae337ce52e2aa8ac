"""The command line tool `gcore-tls`: certificate material checked and made without Pulumi and without Gcore's API.

Needs the extra `cli`. One module per command; `app` joins them.

| module | what it is about |
| --- | --- |
| `app` | the commands of the tool |
| `check` | `gcore-tls check`: options, output, exit code |
| `dev_certs` | `gcore-tls dev-certs` |
| `contents` | what a file holds |
| `passwords` | where passwords of files come from |
| `roles` | what each file is for |
| `judgement` | what the rules say of files, alone and side by side |
| `report` | the outcome as a model, and as JSON |
| `terminal` | the outcome as text |
| `host_names` | names that are given as options |
"""
