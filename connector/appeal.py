"""The domain words, immutable."""
