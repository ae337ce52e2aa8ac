"""The demo: an emulator of Gcore's API, certificates, and `pulumi up` of the project at the repository's root.

Needs the virtual environment's Python, the engine on PATH and Pulumi's variables. `scripts/demo` provides them.
"""
