"""Directum RX as the stand plays it: an Integration Service on OData v4, and its clerks."""
