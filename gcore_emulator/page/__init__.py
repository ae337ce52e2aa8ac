"""The page that people look at: load balancers as a graph, tasks as a timeline, the last requests.

`view.py` gathers what it shows, `routes.py` serves it, and `index.html`, `page.css` and `page.js` are it: no build
step, nothing from elsewhere.
"""

from gcore_emulator.page.routes import page

__all__ = ["page"]
