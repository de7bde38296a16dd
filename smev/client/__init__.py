"""The client of SMEV: transports behind one Protocol, a durable store, and the loop between them."""
