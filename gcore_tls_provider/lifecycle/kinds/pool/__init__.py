"""Pools, their members and health monitors, and their TLS part."""
