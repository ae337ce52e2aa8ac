"""Inputs: models, fields, naming, and references between resources."""
