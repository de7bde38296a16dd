"""One module per revision, its name beginning with the revision's four digits."""
