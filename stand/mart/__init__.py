"""A state data mart to talk to: strict about its CSV, slow about its statuses, able to fail."""
