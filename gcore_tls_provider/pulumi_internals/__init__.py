"""Every use of undocumented Pulumi behavior."""
