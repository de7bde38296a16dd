"""The store of mappings: editions of the classifiers, versions of the crosswalk, seen categories.

Tables `mapping_*` on SQLite or PostgreSQL, made by migrations of their own.
"""

from mappings.store.engine import open_store, store_url, upgrade

__all__ = ["open_store", "store_url", "upgrade"]
