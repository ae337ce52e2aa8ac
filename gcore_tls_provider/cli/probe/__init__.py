"""`gcore-tls probe`: find out on a live account how Gcore behaves where its documentation does not say.

| module | subject |
| --- | --- |
| `behavior_options` | the behavior options to find out, and those that a probe cannot find out |
| `report` | models of the findings and of the report |
| `account` | the probed account: requests, tasks, temporary names and certificates |
| `experiments` | the experiments that find out each behavior option |
| `plan` | the objects that a probe creates and their price, printed before it starts |
| `cleanup` | deletes the objects of a probe, found by their names |
| `run` | a whole probe: experiments, cleanup, report |
| `command` | options, output and exit code |

Nothing here imports the emulator, which needs another extra. A test checks that both have the same behavior options.
"""
