"""Classes that programs declare resources with: one per kind of object, with typed arguments and outputs."""
