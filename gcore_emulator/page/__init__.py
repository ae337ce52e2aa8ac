"""Page of the emulator: load balancers as a graph, tasks as a timeline, and the last requests.

`view.py` collects the data, `routes.py` serves it, and `index.html`, `page.css` and `page.js` display it. There is no
build step, and the page loads nothing from other servers.
"""

from gcore_emulator.page.routes import page

__all__ = ["page"]
