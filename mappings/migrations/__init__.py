"""Migrations of the tables `mapping_*`."""
