"""`gcore-tls check`: judge certificate files without Pulumi and without Gcore's API."""
