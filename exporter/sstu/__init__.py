"""The package for the РРО ССТУ: one JSON per appeal, in zip parts, for upload by hand."""
