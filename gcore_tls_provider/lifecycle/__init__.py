"""What happens to one kind of object in the course of its life: check, diff, create, read, update, delete.

Nothing in here knows Pulumi's dynamic providers: `gcore_tls_provider.providers` adapts it to them.

| module | what |
| --- | --- |
| `properties`, `scalars` | property bags, unknown values, and the models that they are parsed into |
| `fields` | what a table of fields says: readable, nullable, changed in place or by replacement |
| `lifecycle` | the contract that every kind fulfills, and what all kinds share |
| `secrets`, `certificates`, `load_balancers`, `listeners`, `pools` | the kinds, each with its table of fields |
| `listener_inputs`, `pool_inputs` | what a program says of the two kinds that have most to say |
| `listener_rules`, `pool_rules` | rules over a listener or pool and what it refers to |
| `consequences` | what a change does to traffic, in words |
| `members`, `health_monitors` | the parts of a pool that have routes of their own |
| `creation`, `ownership`, `deletion` | making an object exactly once, proving that it is ours, deleting it |
| `names` | what an object is called at Gcore |
| `scope`, `adoption` | in which account, project and region an object is; taking over one that exists |
| `pool_tls` | the TLS part of a pool that somebody else owns |
| `tls_start` | what it takes that TLS begins on a pool that is in use |
| `configuration`, `stack`, `host` | what the stack's configuration, its state and the engine give |
| `session` | what the handlers of one process share |
| `operation` | one handler's call: deadline, progress, tasks |
"""
