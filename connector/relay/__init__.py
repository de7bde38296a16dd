"""The steps of the exchange: intake → file → register → track → deliver.

Each step is idempotent and ends in one commit of the journal; a crash anywhere repeats it harmlessly.
"""

from connector.relay.relay import Relay

__all__ = ["Relay"]
