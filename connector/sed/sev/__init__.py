"""ДЕЛО / ДЕЛО-WEB over the СЭВ folder exchange (sed.md sections 1 and 6)."""

from connector.sed.sev.adapter import SevSed
from connector.sed.sev.settings import Named, Organisation, SevSettings

__all__ = ["Named", "Organisation", "SevSed", "SevSettings"]
