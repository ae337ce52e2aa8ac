"""Findings: what checks report, with codes, severities and limits."""
