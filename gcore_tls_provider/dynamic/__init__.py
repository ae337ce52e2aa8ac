"""Front end for Pulumi's dynamic providers."""
