"""What the documentation site is made of besides its pages: taken from the code when it is built.

An extension of Sphinx (`extension.py`), loaded by `docs/conf.py`. Runs under the virtual environment's Python.
"""
