"""Column maps that ship with the stand: one TOML file per source of real requests."""
