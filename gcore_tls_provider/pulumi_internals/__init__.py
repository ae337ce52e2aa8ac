"""Every use of undocumented Pulumi behavior, one module each; README.md lists them."""
