"""The platform over REST."""
