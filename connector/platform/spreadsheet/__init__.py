"""The back-office export «Сообщения» as a way to the platform, for cabinets without API access."""

from connector.platform.spreadsheet.adapter import SpreadsheetPlatform
from connector.platform.spreadsheet.profile import SheetProfile, default_sheet_profile, load_sheet_profile

__all__ = ["SheetProfile", "SpreadsheetPlatform", "default_sheet_profile", "load_sheet_profile"]
