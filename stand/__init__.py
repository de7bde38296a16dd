"""The test stand: a platform, a SMEV and SEDs to talk to, with faults on demand and a ledger of their own."""
