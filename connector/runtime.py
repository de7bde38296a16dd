"""From settings to a working relay: the one place where the rooms are wired together."""

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from config.load import SettingsError
from config.settings import CabinetSettings, Settings
from connector.appeal import Cabinet
from connector.journal.journal import Journal
from connector.lifecycle import default_table
from connector.platform import Platform
from connector.platform.rest import RestPlatform, RestSettings, load_profile
from connector.relay import Relay
from connector.relay.links import CabinetLink, Links
from connector.schedule import Job
from connector.sed import Sed
from connector.sed.registry import UnknownSedError
from connector.sed.registry import build as build_sed


def utc_now() -> datetime:
    """Return the moment, UTC."""
    return datetime.now(UTC)
