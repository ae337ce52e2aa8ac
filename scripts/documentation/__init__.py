"""Parts of the documentation that are generated from code: tables, messages, help texts, diagrams, pictures.

`docs/conf.py` loads the extension of Sphinx (`extension.py`). All of it runs under the virtual environment's Python.
"""
