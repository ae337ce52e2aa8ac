"""`gcore-tls check`: check certificate files without Pulumi and without Gcore's API."""
