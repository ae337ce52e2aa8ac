"""Lifecycle of each kind of object: check, diff, create, read, update, delete.

Nothing in here imports Pulumi: a front end passes a `ResourceContext`, properties and an `EnginePort`.

| module | about |
| --- | --- |
| `kind` | contract of a kind: data, and verbs that talk to Gcore |
| `plan` | check and diff, without requests |
| `apply` | create, read, update and delete, as functions over a kind |
| `adoption` | taking an existing object over with `existing_id` |
| `impact` | effects of a change on traffic |
| `session` | clients, locks and the stack's state, shared by the threads of a process |
| `inputs` | properties, fields, names, references, the hidden record |
| `run` | configuration, location, accounts, locks, one operation |
| `recovery` | interrupted runs |
| `kinds` | the kinds, and their one registry |
"""
