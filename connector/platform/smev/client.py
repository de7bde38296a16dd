"""The calls of PosEdms for one cabinet: a request's XML out, the answer's element in, its status checked."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from lxml import etree

from config.i18n import _
from connector.appeal import Cabinet
from connector.errors import AuthError, ConnectorError, RetryableError
from connector.platform.smev import elements
from connector.platform.smev.elements import NotPosEdmsError
from connector.platform.smev.exchange import Ask, Exchange
from connector.platform.smev.failures import Purpose, bounded, from_bus, lost, refusal
from connector.platform.smev.profile import SmevProfile
from connector.platform.smev.store import Answer, ArrivedFile, SentFile
from smev.envelope.faults import fault

_FIELD = re.compile(r"([A-Za-z][\w.\[\]]{0,99}):")
_LONGEST_WAIT = 86_400.0  # seconds


@dataclass(frozen=True, slots=True)
class Told:
    """A successful answer: the operation's element, and the files that came with it."""

    element: etree._Element
    files: tuple[ArrivedFile, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the profile's operation, what it is about, and how its request is found again."""

    operation: str
    about: str  # with the operation and the cabinet: the key
    members: Mapping[str, object]
    purpose: Purpose
    files: tuple[SentFile, ...] = ()
    fresh: float = 900.0  # seconds
    patience: float | None = None  # seconds; None = the exchange's own


class Client:
    """PosEdms as one cabinet speaks it. Thread-safe."""

    def __init__(
        self, exchange: Exchange, cabinet: Cabinet, client_id: str, environment: str, profile: SmevProfile
    ) -> None:
        if not client_id:
            raise ValueError(_("client_id must not be empty"))
        self.exchange = exchange
        self._cabinet, self._client_id, self._profile = cabinet, client_id, profile
        self._env = getattr(profile.environments, environment)

    def purpose(
        self, what: str, *, changing: bool = False, item: bool = True, private: tuple[str, ...] = ()
    ) -> Purpose:
        """Return what a call is for, naming the cabinet."""
        named = _("cabinet {name}, {what}").format(name=self._cabinet.name, what=what)
        return Purpose(named, changing, item, (*private, self._client_id))

    def key(self, operation: str, about: str) -> str:
        """Return what a call is found again by. A corrected client id asks anew."""
        return f"{operation}:{self._cabinet.opa_id}:{self._client_id}:{about}"

    @contextmanager
    def call(self, call: Call, *, reusable: bool = False) -> Iterator[Told]:
        """Ask and yield a successful answer; after the block it is used up, unless it is reusable.

        Raises what the exchange raises, and for an answer that is no success AuthError, RetryableError,
        PermanentError.
        """
        names = self._profile
        members = {names.fields.client_id: self._client_id, **call.members}
        content = elements.request(
            names.request, names.namespace, self._env, f"{call.operation}Request", members
        )
        key = self.key(call.operation, call.about)
        ask = Ask(key, self._cabinet.opa_id, content, call.purpose, call.files, call.fresh)
        given = self.exchange.ask(ask, patience=call.patience)
        try:
            told = self._told(given.answer, call)
        except ConnectorError:
            self.exchange.taken(given)
            raise
        yield told
        if not reusable:
            self.exchange.taken(given)

    def _told(self, answer: Answer, call: Call) -> Told:
        purpose = call.purpose
        if answer.verdict == "rejected":
            raise self._rejected(answer, purpose)
        if answer.verdict == "fault":
            raise from_bus(fault(answer.code, answer.told, server=False), purpose)
        if answer.verdict != "content":
            raise lost(purpose, bounded(answer.told, purpose))
        try:
            element = self._operation(elements.load(answer.content), call.operation)
            status = elements.children(element, self._profile.status.object)
        except NotPosEdmsError as error:
            raise lost(purpose, _("the answer is {what}").format(what=error)) from error
        if not status:
            raise lost(purpose, _("the answer has no {name}").format(name=self._profile.status.object))
        self.look_at(status[0], purpose)
        return Told(element, answer.files)

    def _operation(self, root: etree._Element, operation: str) -> etree._Element:
        names = self._profile
        found = elements.children(root, f"{operation}Response")
        if elements.local(root) != names.response or len(found) != 1:
            raise NotPosEdmsError(
                _("not a {root} with {operation}").format(
                    root=names.response, operation=f"{operation}Response"
                )
            )
        return found[0]

    def look_at(self, status: etree._Element, purpose: Purpose) -> None:
        """Look at a Status: nothing but the word for success is one (platform.md 5)."""
        words = self._profile.status
        result = elements.text(status, words.result)
        if result == words.success:
            return
        described = elements.text(status, words.description)
        told = bounded(described, purpose)
        sentence = f"{purpose.what}: {result}" + (f": {told}" if told else "")
        if result in words.denied:
            raise self._denied(sentence)
        if result in words.unavailable:
            after = elements.text(status, words.retry_after)
            wait = min(float(after), _LONGEST_WAIT) if re.fullmatch(r"\d{1,9}", after, re.ASCII) else None
            raise RetryableError(sentence, after=wait)
        match = _FIELD.match(described)
        raise refusal(sentence, purpose, field=match[1] if match else "")

    def _denied(self, sentence: str) -> AuthError:
        return AuthError(
            _(
                "{sentence} (opa_id {opa_id}): the platform does not know this client_id, or not from this "
                "information system; check client_id of the cabinet"
            ).format(sentence=sentence, opa_id=self._cabinet.opa_id)
        )

    def _rejected(self, answer: Answer, purpose: Purpose) -> ConnectorError:
        sentence = f"{purpose.what}: {answer.code}: {bounded(answer.told, purpose)}"
        return self._denied(sentence) if answer.code == "ACCESS_DENIED" else refusal(sentence, purpose)
