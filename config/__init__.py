"""Settings, secrets and languages: what every room may read and nobody's logic lives in."""
