"""What happens to one kind of object in the course of its life: check, diff, create, read, update, delete.

Nothing in here knows Pulumi's dynamic providers: `gcore_tls_provider.providers` adapts it to them.

| module | what |
| --- | --- |
| `properties` | property bags, unknown values, and the models that they are parsed into |
| `fields` | the tables of fields: what is readable, nullable, changed in place or by replacement |
| `lifecycle` | the contract that every kind fulfils, and what all kinds share |
| `secrets`, `certificates`, `load_balancers`, `listeners`, `pools` | the kinds |
| `names` | what an object is called at Gcore |
| `stack` | what the stack's state says |
| `session` | what the handlers of one process share |
| `operation` | one handler's call: deadline, progress, tasks |
"""
