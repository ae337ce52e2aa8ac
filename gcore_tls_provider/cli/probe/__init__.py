"""`gcore-tls probe`: finds out on a live account what Gcore's documents leave open.

| module | what it is about |
| --- | --- |
| `questions` | what is asked, and what can't be found out from outside |
| `report` | what was found, as models |
| `account` | the account that is probed: calls, tasks, throw-away names and material |
| `experiments` | how each question is asked |
| `plan` | what will be made, and its price, said before anything is made |
| `cleaning` | removes what a probe has made, by its names |
| `run` | all of it, one after the other |

Nothing here knows the emulator, which is another extra; that both mean the same by a question is tested.
"""
