"""From a cabinet's settings to its way to the platform: REST, SMEV or spreadsheets."""

from functools import cached_property
from typing import TYPE_CHECKING

from config.database import database_url
from config.i18n import _
from config.secret import Secret
from config.settings import CabinetSettings, PlatformSmevSettings, Settings
from connector.appeal import Cabinet
from connector.platform.rest import Profile, RestPlatform, Timeouts

if TYPE_CHECKING:
    from connector.platform import Platform
    from connector.platform.smev.exchange import Exchange
    from connector.platform.smev.profile import SmevProfile
    from smev.client.settings import SmevSettings


class Ways:
    """Builds the platform of each cabinet. Raises ValueError, a sentence, for settings that cannot work.

    Cabinets of one [smev] share one exchange: one information system, one queue.
    """

    def __init__(self, settings: Settings, profile: Profile) -> None:
        self._settings, self._profile = settings, profile

    def rest(self, cabinet: CabinetSettings) -> "Platform":
        """Return the REST way."""
        shared = self._settings.platform
        return RestPlatform(
            Cabinet(cabinet.opa_id, cabinet.name),
            base_url=self._settings.base_url(cabinet),
            client_id=cabinet.client_id,
            secret=cabinet.secret or Secret(""),
            oauth_client=shared.oauth_client,
            oauth_secret=shared.oauth_secret or Secret(""),
            profile=self._profile,
            timeouts=Timeouts(
                connect=shared.timeouts.connect.total_seconds(), read=shared.timeouts.read.total_seconds()
            ),
            ca_file=shared.ca_file,
            file_hosts=shared.file_hosts,
            region_id=cabinet.region_id,
            calls_per_second=shared.calls_per_second,
        )

    def smev(self, cabinet: CabinetSettings) -> "Platform":
        """Return the SMEV way; what it needs is imported only where it is used."""
        from connector.platform.smev.adapter import SmevPlatform
        from connector.platform.smev.look import Look

        exchange = self._exchange
        return SmevPlatform(
            Cabinet(cabinet.opa_id, cabinet.name),
            exchange,
            client_id=cabinet.client_id,
            environment=cabinet.environment,
            profile=self._profile,
            smev_profile=self._smev_profile,
            region_id=cabinet.region_id,
            findings=Look(self._way, cabinet.environment, exchange.transport, exchange.clock),
        )

    def spreadsheet(self, cabinet: CabinetSettings) -> "Platform":
        """Return the way over exports and a list for the clerk."""
        from connector.platform.spreadsheet import (
            SpreadsheetPlatform,
            default_sheet_profile,
            load_sheet_profile,
        )

        own = cabinet.spreadsheet
        if own is None:  # the settings' own check says it better
            raise ValueError(_("spreadsheet: there is no section [cabinet.spreadsheet]"))
        return SpreadsheetPlatform(
            Cabinet(cabinet.opa_id, cabinet.name),
            folder_in=own.folder_in,
            folder_out=own.folder_out,
            folder_state=own.folder_state,
            profile=load_sheet_profile(own.profile) if own.profile else default_sheet_profile(),
            organisations=own.organisations,
            settle=own.settle.total_seconds(),
            language=self._settings.language,
        )

    def of(self, cabinet: CabinetSettings) -> "Platform":
        """Return the way that the cabinet's settings name."""
        ways = {"rest": self.rest, "smev": self.smev, "spreadsheet": self.spreadsheet}
        return ways[cabinet.platform](cabinet)

    @property
    def _own(self) -> PlatformSmevSettings:
        if self._settings.platform.smev is None:  # the settings' own check says it better
            raise ValueError(_("platform: there is no section [platform.smev]"))
        return self._settings.platform.smev

    @cached_property
    def _smev_profile(self) -> "SmevProfile":
        from connector.platform.smev.profile import default_smev_profile, load_smev_profile

        path = self._own.profile
        return load_smev_profile(path) if path else default_smev_profile()

    @cached_property
    def _way(self) -> "SmevSettings":
        from connector.platform.smev.opening import read_way

        return read_way(self._settings.smev, self._settings.folder)

    @cached_property
    def _exchange(self) -> "Exchange":
        from connector.journal.clock import DatabaseClock, utc_now
        from connector.journal.engine import Database
        from connector.platform.smev.opening import open_exchange

        database = Database(database_url(self._settings.journal))
        clock = DatabaseClock(database) if database.postgres else utc_now
        return open_exchange(self._way, self._own, self._smev_profile, database, clock)
