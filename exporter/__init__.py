"""Facts from cards, the quality report, marts, the heat map, the protocol of what was not uploaded."""
