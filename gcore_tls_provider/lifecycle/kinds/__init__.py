"""The kinds of objects, one module or package each."""
