"""The conformance suites of SED adapters, for ours and for those of other packages; needs pytest."""

from connector.sed.testing.appeals import CREATED, DUE, Store, an_appeal, sha256
from connector.sed.testing.cards import CODE, MART, NOON, OTHER, STATUS, CardPeer, CardsConformance, a_card
from connector.sed.testing.messages import SedConformance
from connector.sed.testing.peer import DAY, LATER, Belated, Guarded, Peer, Received, drain, of, unique

__all__ = [
    "CODE",
    "CREATED",
    "DAY",
    "DUE",
    "LATER",
    "MART",
    "NOON",
    "OTHER",
    "STATUS",
    "Belated",
    "CardPeer",
    "CardsConformance",
    "Guarded",
    "Peer",
    "Received",
    "SedConformance",
    "Store",
    "a_card",
    "an_appeal",
    "drain",
    "of",
    "sha256",
    "unique",
]  # fmt: skip
