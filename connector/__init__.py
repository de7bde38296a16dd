"""The exchange between the platform and the SEDs."""
