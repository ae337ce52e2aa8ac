"""`gcore-tls orphans`: find and delete a stack's orphans, objects at Gcore that interrupted runs left out of its state.

| module | subject |
| --- | --- |
| `stack` | reads the stack's state and configuration, as Pulumi prints them |
| `recognition` | decides by an object's name whether this stack created it |
| `account` | lists the objects at Gcore and picks the orphans |
| `deletion` | deletes orphans that nothing else uses |
| `search` | reads the stack, then searches Gcore |
| `command` | options, output and exit code |
"""
