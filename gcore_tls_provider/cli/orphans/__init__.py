"""`gcore-tls orphans`: what a stack's runs have left at Gcore, and its state doesn't know.

| module | what it is about |
| --- | --- |
| `stack` | what the stack's state and configuration say, as Pulumi prints them |
| `recognition` | whose an object is, by its name |
| `account` | what there is at Gcore, and what of it is an orphan |
| `deletion` | deleting orphans, unless somebody uses them |
| `command` | all of it, for the command line |
"""
