"""Every setting of sedlink: its name, type, default and meaning. The annotated file is example.toml.

Sections that belong to an adapter (`[sed.NAME]`, `[smev]`) are kept as they are and checked by the adapter.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from config.i18n import _
from config.values import Duration, SecretRef, Size, at_least, is_loopback

Environment = Literal["test", "production"]
SHORTEST_TRACE = timedelta(days=365)
_SHORTEST_TOKEN = 16


class Section(BaseModel):
    """A table of the file: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class JournalSettings(Section):
    """Where the durable record lives and how patient it is."""

    database: str = "sqlite:///sedlink.db"
    password: SecretRef | None = None  # of the database user, kept out of the URL
    files: Path = Path("files")
    max_file_size: Size = 1 << 30
    attempts: Annotated[int, Field(ge=1)] = 12
    backoff_first: Duration = timedelta(seconds=30)
    backoff_cap: Duration = timedelta(hours=1)


class TimeoutSettings(Section):
    """How long a peer may keep silent."""

    connect: Duration = timedelta(seconds=10)
    read: Duration = timedelta(seconds=60)


class PlatformSmevSettings(Section):
    """The platform's messages through SMEV 3: what the section [smev], the way to the bus, does not say."""

    environment: Environment  # of the bus that [smev] names
    profile: Path | None = None  # names of PosEdms; None = the shipped ones, which are ours
    folder: Path = Path("smev-files")  # on their way; shared by all machines that work on one database
    own_types_only: bool = False  # take only PosEdms from the queue: other programs use it too
    repeat_safe: bool | None = None  # the peer takes one message for one id; None = all but rsmev
    poll: Duration = timedelta(seconds=5)  # between two looks into an empty queue
    patience: Duration = timedelta(seconds=5)  # how long a step waits before it gives way to another
    answer_within: Duration = timedelta(days=1)


class PlatformSettings(Section):
    """What all cabinets share: the platform's addresses and its OAuth client."""

    production_url: str = ""
    test_url: str = ""
    oauth_client: str = ""
    oauth_secret: SecretRef | None = None
    profile: Path | None = None  # a wire profile of your own; None = the one that ships
    ca_file: Path | None = None
    file_hosts: tuple[str, ...] = ()  # other hosts that attachment URLs may name
    calls_per_second: Annotated[float, Field(ge=0)] = 30.0  # of one cabinet by one process; 0 = no limit
    timeouts: TimeoutSettings = TimeoutSettings()
    smev: PlatformSmevSettings | None = None


class SpreadsheetSettings(Section):
    """A cabinet without API access: its exports «Сообщения» in a folder, a list of replies for the clerk."""

    folder_in: Path
    folder_out: Path
    folder_state: Path = Path("spreadsheet-state")  # what was taken and listed; only for sedlink
    profile: Path | None = None  # headers and words of your own; None = the shipped ones
    organisations: tuple[str, ...] = ()  # where the message now lies; empty = any
    settle: Duration = timedelta(seconds=10)  # a file that changed later is still being copied


class CabinetSettings(Section):
    """One cabinet (ЛКО)."""

    opa_id: Annotated[int, Field(gt=0)]
    name: str
    platform: Literal["rest", "smev", "spreadsheet"] = "rest"  # how the platform is reached
    spreadsheet: SpreadsheetSettings | None = None
    client_id: str = ""  # of the platform's API; over spreadsheets there is none
    secret: SecretRef | None = None  # over SMEV the information system's key stands for it
    environment: Environment
    environment_confirmed: Environment | None = None
    base_url: str = ""
    sed: str
    card_file: str = ""
    region_id: str = ""  # in the platform's dictionary: whose categories are this cabinet's
    poll: Duration = timedelta(minutes=5)
    enabled: bool = True
    statuses: dict[str, dict[str, str]] = {}


class SedSettings(BaseModel):
    """One SED: its kind, and whatever its adapter wants to know."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str
    poll: Duration = timedelta(seconds=30)
    exchange: str = ""  # the section through which messages reach the same SED; for one that gives cards only

    @property
    def own(self) -> dict[str, object]:
        """The adapter's own settings, unchecked."""
        return dict(self.model_extra or {})


class DaemonSettings(Section):
    """How `sedlink run` works."""

    workers: Annotated[int, Field(ge=1, le=64)] = 4
    batch: Annotated[int, Field(ge=1, le=1000)] = 32
    lease: Duration = timedelta(minutes=10)
    alert_after: Duration = timedelta(minutes=5)


class MailSettings(Section):
    """Where alerts and the daily digest go; no host = no mail."""

    host: str = ""
    port: int = 25
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str = ""
    password: SecretRef | None = None
    ca_file: Path | None = None
    sender: str = ""
    recipients: tuple[str, ...] = ()
    digest_at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "08:00"

    @model_validator(mode="after")
    def _host_needs_addresses(self) -> Self:
        if self.host and not (self.sender and self.recipients):
            raise ValueError(_("mail.host needs mail.sender and mail.recipients"))
        return self


class ExportSettings(Section):
    """How facts are made of cards and messages, and where they go."""

    mart: str = "duckdb:///mart.duckdb"  # an SQLAlchemy-style URL of the mart
    password: SecretRef | None = None  # of the mart's database user, kept out of the URL
    applicant_key: SecretRef | None = None  # keys the applicants' digests; None = a new one every run
    definitions: Path | None = None  # your own meaning of overdue, repeated, new; None = the shipped one
    max_refused: Annotated[float, Field(ge=0, le=1)] = 0.2  # a larger share of refused rows stops a load
    look_back: Duration = timedelta(days=3)  # how far behind the last load late facts are looked for
    calendar: Path | None = None  # days off and working days of your own, beside the official ones
    card_link: str = ""  # address of a card in the SED's web client, {card} is put in


class DatamartSettings(Section):
    """A state data mart that takes files through its REST uploader or Prostore's, as one organisation."""

    kind: Literal["rest", "prostore"] = "rest"  # prostore is experimental
    url: str
    environment: Environment
    datamart: str  # its mnemonic
    profile: Path | None = None  # columns of the table; None = the shipped ones, which are ours
    cabinets: tuple[int, ...] = ()  # whose facts go there; empty = all
    key_prefix: str = ""  # of this system, where several write into one table
    username: str = ""  # of the studio's proxy; empty = the mart is called directly
    password: SecretRef | None = None
    token: SecretRef | None = None  # of Prostore (JWT); None = it asks for none
    ogrn: str = ""
    installation: str = ""
    installation_id: str = ""
    ca_file: Path | None = None
    folder: Path = Path("datamart")  # files on their way, and the ledger
    timeouts: TimeoutSettings = TimeoutSettings(read=timedelta(minutes=5))
    attempts: Annotated[int, Field(ge=1, le=20)] = 5
    poll: Duration = timedelta(seconds=5)
    wait: Duration = timedelta(hours=1)  # how long a run waits for the mart to finish
    wrong_rows: Annotated[int, Field(ge=0)] = 100  # so many wrong rows are sought by halves in a run

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        parts = urlsplit(self.url)
        loopback = parts.hostname in ("127.0.0.1", "::1", "localhost")
        open_ = not (self.username or self.token)
        if parts.scheme != "https" and not (parts.scheme == "http" and (loopback or open_)):
            raise ValueError(_("url: http would send the password in clear, use https"))
        if self.kind == "prostore" and self.username:
            raise ValueError(_("prostore has no proxy: give token, not username and password"))
        if self.username and not (self.password and self.ogrn and self.installation and self.installation_id):
            raise ValueError(_("username needs password, ogrn, installation and installation_id"))
        return self


class SstuSettings(Section):
    """Who we are in ССТУ, for the package that `sedlink export sstu` writes."""

    department: UUID | None = None  # our id there
    departments: dict[str, UUID] = {}  # where cabinets or card files are bodies of their own: opa_id or name
    bodies: dict[str, UUID] = {}  # others, to whom appeals are forwarded: name as the SED writes it
    part_bytes: Annotated[int, Field(ge=1_000_000, le=2_000_000_000)] = 50_000_000  # of a zip part


class HealthSettings(Section):
    """The operator's HTTP port: /healthz, /readyz, /metrics. Port 0 = off."""

    port: Annotated[int, Field(ge=0, le=65535)] = 0
    host: str = "127.0.0.1"
    token: SecretRef | None = None  # who asks for /readyz and /metrics must bear it; a must beyond loopback

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.token is not None and len(self.token.reveal()) < _SHORTEST_TOKEN:
            raise ValueError(
                _("health.token: give at least {count} characters").format(count=_SHORTEST_TOKEN)
            )
        if self.port and self.token is None and not is_loopback(self.host):
            raise ValueError(
                _("health.host: {host} is not loopback: set health.token too").format(host=self.host)
            )
        return self


class RetentionSettings(Section):
    """How long what concerns people is kept after a round ended, and then what is left; None = always."""

    content: Annotated[Duration, at_least(timedelta(days=30))] | None = None
    trace: Annotated[Duration, at_least(SHORTEST_TRACE)] | None = None  # after the last line about it

    @model_validator(mode="after")
    def _content_goes_first(self) -> Self:
        if self.trace is not None and self.content is None:
            raise ValueError(
                _("retention.trace needs retention.content: set for how long words and people are kept")
            )
        if self.trace is not None and self.content is not None and self.trace < self.content:
            raise ValueError(
                _(
                    "retention.trace ({trace} days) is shorter than retention.content ({content} days): "
                    "a trace outlives its words"
                ).format(trace=self.trace.days, content=self.content.days)
            )
        return self


class LogSettings(Section):
    """How much is written to standard error and in which form."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Settings(Section):
    """The whole file."""

    language: Literal["ru", "en"] = "ru"
    item_word: Literal["обращение", "сообщение"] = "обращение"
    timezone: str = "Europe/Moscow"
    journal: JournalSettings = JournalSettings()
    platform: PlatformSettings = PlatformSettings()
    cabinet: tuple[CabinetSettings, ...] = ()
    smev: dict[str, object] = {}  # the way to the bus: checked by the library that goes it
    sed: dict[str, SedSettings] = {}
    daemon: DaemonSettings = DaemonSettings()
    mail: MailSettings = MailSettings()
    export: ExportSettings = ExportSettings()
    datamart: dict[str, DatamartSettings] = {}
    sstu: SstuSettings = SstuSettings()
    health: HealthSettings = HealthSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()
    _folder: Path = PrivateAttr(default_factory=Path)

    @property
    def folder(self) -> Path:
        """The folder of the file: what relative paths of any section are relative to."""
        return self._folder

    @model_validator(mode="after")
    def _cabinets_fit(self) -> Self:
        problems = [
            *self._repeated_ids(),
            *self._unknown_seds(),
            *self._wrong_ways(),
            *self._unknown_exchanges(),
            *self._wrong_environments(),
        ]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def base_url(self, cabinet: CabinetSettings) -> str:
        """Return the address that a cabinet talks to."""
        shared = self.platform.test_url if cabinet.environment == "test" else self.platform.production_url
        return (cabinet.base_url or shared).rstrip("/")

    def _repeated_ids(self) -> list[str]:
        ids = [cabinet.opa_id for cabinet in self.cabinet]
        return [
            _("cabinet {opa_id}: stands twice in the file").format(opa_id=opa_id)
            for opa_id in sorted({i for i in ids if ids.count(i) > 1})
        ]

    def _unknown_seds(self) -> list[str]:
        return [
            _("cabinet {opa_id}: there is no section [sed.{sed}]").format(opa_id=c.opa_id, sed=c.sed)
            for c in self.cabinet
            if c.sed not in self.sed
        ]

    def _wrong_ways(self) -> list[str]:
        return [problem for cabinet in self.cabinet for problem in self._wrong_way(cabinet)]

    def _wrong_way(self, cabinet: CabinetSettings) -> list[str]:
        if cabinet.platform == "spreadsheet":
            text = _('cabinet {opa_id}: platform = "spreadsheet" needs the section [cabinet.spreadsheet]')
            return [] if cabinet.spreadsheet else [text.format(opa_id=cabinet.opa_id)]
        unnamed = _("cabinet {opa_id}: client_id must be set").format(opa_id=cabinet.opa_id)
        return ([] if cabinet.client_id else [unnamed]) + self._wrong_access(cabinet)

    def _wrong_access(self, cabinet: CabinetSettings) -> list[str]:
        if cabinet.platform == "rest":
            missing = _("cabinet {opa_id}: secret must be set")
            return [] if cabinet.secret else [missing.format(opa_id=cabinet.opa_id)]
        own = self.platform.smev
        if own is None or not self.smev:
            text = _('cabinet {opa_id}: platform = "smev" needs the sections [smev] and [platform.smev]')
            return [text.format(opa_id=cabinet.opa_id)]
        if own.environment != cabinet.environment:
            text = _('cabinet {opa_id}: environment = "{environment}", in [platform.smev] it is "{other}"')
            return [
                text.format(opa_id=cabinet.opa_id, environment=cabinet.environment, other=own.environment)
            ]
        return []

    def _unknown_exchanges(self) -> list[str]:
        return [
            f"sed.{name}.exchange: " + _("there is no section [sed.{sed}]").format(sed=section.exchange)
            for name, section in self.sed.items()
            if section.exchange and section.exchange not in self.sed
        ]

    def _wrong_environments(self) -> list[str]:
        rest = (cabinet for cabinet in self.cabinet if cabinet.platform == "rest")
        return [problem for cabinet in rest for problem in self._wrong_environment(cabinet)]

    def _wrong_environment(self, cabinet: CabinetSettings) -> list[str]:
        url = self.base_url(cabinet)
        if not url:
            return [
                _("cabinet {opa_id}: no address: set platform.{name}_url or base_url").format(
                    opa_id=cabinet.opa_id, name=cabinet.environment
                )
            ]
        foreign = self.platform.production_url if cabinet.environment == "test" else self.platform.test_url
        crossed = bool(foreign) and urlsplit(url).hostname == urlsplit(foreign).hostname
        if crossed and cabinet.environment_confirmed != cabinet.environment:
            return [
                _(
                    'cabinet {opa_id}: environment = "{environment}" but {url} is the address of the other '
                    'one; if it is meant so, say it twice: environment_confirmed = "{environment}"'
                ).format(opa_id=cabinet.opa_id, environment=cabinet.environment, url=url)
            ]
        return []
