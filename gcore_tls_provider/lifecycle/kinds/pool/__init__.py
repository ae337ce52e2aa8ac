"""Pools with their members and health monitor, and the TLS part of pools that another tool manages."""
