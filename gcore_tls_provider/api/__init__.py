"""Gcore's API from the client's side: routes, requests, task waiting, wire models and errors."""
