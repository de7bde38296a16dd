"""What the operator's port shows of a running daemon: is it ready, and its numbers."""

import logging
from collections.abc import Callable

from config.i18n import _
from connector.health import HealthServer
from connector.journal.problems import JournalError
from connector.metrics import Numbers, render
from connector.peer import Finding, Health
from connector.runtime import Runtime

log = logging.getLogger(__name__)


def open_port(runtime: Callable[[], Runtime]) -> HealthServer | None:
    """Start serving /healthz, /readyz and /metrics of the runtime of the moment; None where they are off."""
    settings = runtime().settings.health
    if not settings.port:
        return None
    try:
        server = HealthServer(
            settings.host,
            settings.port,
            ready=lambda: _ready(runtime()),
            metrics=lambda: render(lambda: _numbers(runtime())),
            token=settings.token,
        )
    except OSError as error:  # another daemon has it: no reason to leave citizens without answers
        log.error("health: port %s:%d cannot be opened: %s", settings.host, settings.port, error.strerror)  # noqa: TRY400 - a sentence says it all
        return None
    server.start()
    return server


def _ready(runtime: Runtime) -> Health:
    """Ready = the journal answers; closed channels are told, they do not make the daemon useless."""
    try:
        closed = [state.name for state in runtime.journal.channels() if state.failures]
    except JournalError as error:
        return Health((Finding("journal", ok=False, sentence=error.sentence),))
    sentence = _("closed channels: {names}").format(names=", ".join(closed) or "—")
    return Health((Finding("journal", ok=True, sentence=sentence),))


def _numbers(runtime: Runtime) -> Numbers:
    journal = runtime.journal
    return Numbers(journal.clock(), journal.depths(), journal.channels(), journal.counts())
