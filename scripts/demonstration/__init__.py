"""The demo: an emulator of Gcore's API, certificates, and `pulumi up` of the project at the repository's root.

Runs under the virtual environment's Python, with the engine on PATH and Pulumi's variables set. `scripts/demo`
sees to that.
"""
