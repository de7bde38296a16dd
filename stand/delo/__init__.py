"""The ДЕЛО of the stand: the other side of the СЭВ folder exchange, strict about what it is given."""
