"""Recovery from interrupted runs.

A run can end at any moment: the process is killed, the machine is lost, the network stays away. Gcore then has objects
that the stack's state does not contain. This package finds them, and continues or cleans up, without touching an object
that belongs to anybody else.

**What is known, and from where.** Everything is read from the stack's state (`pulumi stack export`):

- Pending creates. The engine saves a create with its inputs before the provider sends a request. The inputs contain a
  nonce: random text, new for each create attempt. They also contain the account, project and region of the attempt, so
  that its objects are looked for in the right place.
- Pending updates, with their inputs, and pending deletes, with the object's ID. The engine drops both when the next run
  writes the state for the first time, so `StackReader.at_start` reads the state before that, in the background.
- `pending_delete_ids`: replaced objects that were not deleted yet.
- Names. A computed name ends in a digest of the stack's identity and the resource's URN, and in a digest of the nonce
  (`inputs.naming`). So each attempt has a name of its own, and a pending create gives the name of its object.

A name is computed only if the state shows the running attempt as pending (`StackReader.during_create`). If the state
cannot be read, objects get random names, a warning says so, and a later run cannot recognize them.

**What is proof.** An object is an orphan of this stack if all of this holds:

- its name is the one that an interrupted create attempt of this stack gives;
- it is not in the state, and no resource of the running process has claimed it;
- nothing but this stack uses it: no foreign pool is on the listener, no foreign listener has the pool.

Everything else was kept on purpose, was removed from the state by hand, or belongs to somebody else, and stays. An
object of such a name that something else uses stays too, with a warning. An exact name that a program sets proves
nothing, because others can use it as well: no run takes over or deletes an object by it.

**What is done.**

- A create waits until no task of an interrupted run can create an object any more, at most 10 minutes or a third of
  its remaining time. Then it looks for the orphans of its own resource. It takes over the first one that can become the
  wanted object in place, gives it a new name, and deletes the others. The new name ends the proof: if the object is
  kept on purpose later, no run deletes it. A secret cannot be renamed, so it is deleted and created again.
- If the resource is not created any more, its next update or delete deletes its orphans. A destroy that does not run
  the program first deletes all orphans of the stack, because they can use objects that it is about to delete.
- A POST whose response was lost is resolved by looking for the name. It is sent again only after several looks have
  found no object of that name and no active task that can create one.
- An object that was created and cannot be finished is deleted. If the delete fails too, the error carries the object as
  partial result: the engine saves it with the mark `recreate`, and the next run deletes it and creates another one.
- A create whose outcome stays unknown is saved under the ID `unknown:<name>`. The next run, or a destroy, deletes the
  objects that have the name.
- A failed update saves the object with the mark `resume`. The next update compares the inputs with the live object, and
  everything that was ever set counts as set. An update that the state shows as pending is treated alike, and so is the
  update of an object whose delete was interrupted.
- An object whose interrupted delete has succeeded, or is about to, is replaced if the program still declares it.
- A replaced object whose delete is pending, and that occupies the port, listener or VIP of a new object, is deleted
  first.

`gcore-tls orphans` lists and deletes orphans outside of runs. It also lists objects without this proof, as not certain.

| module | about |
| --- | --- |
| `stack_state` | the stack's state as a model |
| `stack_reader` | the one reader of the state: each question once, with one retry policy |
| `create_once` | one create attempt, from the name to the finished object |
| `interrupted_creates` | finding orphans by the names of interrupted attempts |
| `take_over` | turning an orphan into the wanted object |
| `orphans` | orphans of resources that this run does not create |
| `ownership` | names that prove ownership of everything on a load balancer or listener |
| `partial` | partial state |
| `unknown_outcome` | creates whose outcome is unknown |
"""
