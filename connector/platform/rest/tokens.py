"""The cabinet's token: fetched once, renewed once, by one thread, however many find it expired."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from config.secret import Secret
from connector.errors import AuthError
from connector.masking import protect, release

_REFUSAL_HOLDS = 30.0  # seconds: a refused password is not tried again by every waiting thread
_MARGIN = 0.1  # of its life is left when a token is renewed before it expires


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and, where the platform said so, how many seconds it lives."""

    value: Secret
    life: float | None


class TokenKeeper:
    """Holds the token of one cabinet. Thread-safe; `fetch` runs in one thread at a time."""

    def __init__(
        self, fetch: Callable[[], Token], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._good_until = 0.0
        self._refusal: AuthError | None = None
        self._refused_until = 0.0

    def current(self) -> Secret:
        """Return the token, a new one when there is none or it is about to expire."""
        with self._lock:
            if self._token is None or self._monotonic() >= self._good_until:
                self._renew()
            return self._held()

    def instead_of(self, stale: Secret) -> Secret:
        """Return another token than the one the platform did not accept; fetched once for all threads."""
        with self._lock:
            if self._token is None or self._token.value == stale:
                self._renew()
            return self._held()

    def _held(self) -> Secret:
        assert self._token is not None  # noqa: S101 - `_renew` sets it or raises
        return self._token.value

    def _renew(self) -> None:
        now = self._monotonic()
        if self._refusal is not None and now < self._refused_until:
            raise AuthError(self._refusal.sentence) from self._refusal
        try:
            token = self._fetch()
        except AuthError as refusal:
            self._refusal, self._refused_until = refusal, now + _REFUSAL_HOLDS
            raise
        protect(token.value)
        if self._token is not None:
            release(self._token.value)
        self._token, self._refusal = token, None
        self._good_until = now + token.life * (1 - _MARGIN) if token.life else float("inf")
