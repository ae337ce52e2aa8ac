"""What a program writes: one class per kind of object, with typed arguments and outputs."""
