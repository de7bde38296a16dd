"""The platform over SMEV 3 (platform.md section 2): the same words, asked for now and answered later."""

from connector.platform.smev.adapter import SmevPlatform
from connector.platform.smev.exchange import Exchange
from connector.platform.smev.profile import SmevProfile, default_smev_profile, load_smev_profile

__all__ = ["Exchange", "SmevPlatform", "SmevProfile", "default_smev_profile", "load_smev_profile"]
