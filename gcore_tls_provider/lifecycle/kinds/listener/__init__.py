"""Listeners: inputs, rules over their certificates, and their lifecycle."""
