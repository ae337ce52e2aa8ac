"""Recovery from interrupted runs.

A run can end at any moment: the process is killed, the machine is lost, the network stays away. Gcore then has objects
that the stack's state does not contain. This package finds them, and continues or cleans up, without touching an object
that belongs to anybody else.

**What is known.** The engine saves a create as pending, with its inputs, before the provider sends anything. Among
these inputs is a nonce: random text, new for each create attempt. The name of an object ends in digests of the stack's
identity, the resource's URN and the nonce (`inputs.naming`), so each attempt has a name of its own. The state also
shows pending updates and deletes until the next run writes it for the first time, and replaced objects whose delete is
pending. `stack_reader` reads the state, with one retry policy; `stack_state` parses it.

**What is proof.** An object is an orphan of this stack if all of this holds:

- its name is the one that an interrupted create attempt of this stack gives;
- it is not in the state, and no resource of the running process has claimed it;
- nothing but this stack uses it: no foreign pool is on the listener, no foreign listener has the pool.

Everything else was kept on purpose, was removed from the state by hand, or belongs to somebody else.

**What is done.**

- A create looks for the orphans of its own resource. It takes the first one over that can become the wanted object in
  place, gives it a new name, and deletes the others. A secret cannot be renamed, so it is deleted and created again.
- A POST whose response was lost is resolved by looking for the name, never by sending it again at once.
- An object that was created and cannot be finished is deleted. If it cannot be deleted either, the error carries it as
  partial result: the engine saves it, and the next run recreates it.
- A create whose outcome is unknown is saved under an ID that stands for its name.
- A failed update saves the object as partially applied; the next update compares with the live object.
- The next update or delete of a resource deletes its orphans; a destroy first deletes all orphans of the stack.

| module | about |
| --- | --- |
| `stack_state` | the stack's state as a model |
| `stack_reader` | reading it, once per question |
| `create_once` | one create attempt, from the name to the finished object |
| `interrupted_creates` | finding orphans by the names of interrupted attempts |
| `take_over` | making an orphan the wanted object |
| `orphans` | orphans of resources that this run does not create |
| `ownership` | names that prove ownership of everything on a load balancer or listener |
| `partial` | partial state |
| `unknown_outcome` | creates whose outcome is unknown |
"""
