"""Numbers for Prometheus, read at the moment of the scrape: nothing is counted twice, nothing is kept."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connector.journal.records import ChannelState, QueueDepth
from connector.journal.reports import Counts

log = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[Sequence[str], float]


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the journal tells at one moment (`at`, UTC)."""

    at: datetime
    queues: Sequence[QueueDepth]
    channels: Sequence[ChannelState]
    counts: Counts | None = None


class JournalCollector(Collector):
    """Asks for the numbers at every scrape. A journal that cannot be read is a number too."""

    def __init__(self, read: Callable[[], Numbers]) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: a registry must not read the journal when it is built."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        yield _gauge("build_info", "Version of sedlink.", ["version"], [((version("sedlink"),), 1)])
        try:
            numbers = self._read()
        except Exception:  # a scrape must be answered whatever the journal raises
            log.exception("metrics: the journal cannot be read")
            yield _gauge("journal_readable", "Whether the journal could be read.", [], [((), 0)])
            return
        yield _gauge("journal_readable", "Whether the journal could be read.", [], [((), 1)])
        yield from _of_queues(numbers)
        yield from _of_channels(numbers.channels)
        if numbers.counts is not None:
            yield from _of_counts(numbers.counts)


def render(read: Callable[[], Numbers]) -> bytes:
    """Return the metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(JournalCollector(read))
    return generate_latest(registry)


def _of_queues(numbers: Numbers) -> Iterator[Metric]:
    labels = ["cabinet", "channel"]
    items: list[Sample] = []
    ages: list[Sample] = []
    for queue in numbers.queues:
        key = (str(queue.opa_id), queue.channel)
        states = (("waiting", queue.waiting), ("in_work", queue.in_work), ("parked", queue.parked))
        items += [((*key, state), count) for state, count in states]
        if queue.oldest is not None:
            ages.append((key, max((numbers.at - queue.oldest).total_seconds(), 0.0)))
    yield _gauge("queue_items", "Tasks by what they wait for.", [*labels, "state"], items)
    yield _gauge("queue_oldest_age_seconds", "Age of the oldest waiting task.", labels, ages)


def _of_channels(channels: Sequence[ChannelState]) -> Iterator[Metric]:
    label = ["channel"]
    yield _gauge(
        "channel_failing",
        "Whether the last use of a channel failed.",
        label,
        [((channel.name,), float(channel.failures > 0)) for channel in channels],
    )
    yield _gauge(
        "channel_failures",
        "Failures of a channel in a row.",
        label,
        [((channel.name,), channel.failures) for channel in channels],
    )
    yield _gauge(
        "channel_needs_person",
        "Whether a channel is closed until a person acts.",
        label,
        [((channel.name,), float(channel.needs_person)) for channel in channels],
    )
    yield _gauge(
        "channel_last_success_timestamp_seconds",
        "When a channel last worked.",
        label,
        [((one.name,), one.last_success.timestamp()) for one in channels if one.last_success],
    )


def _of_counts(counts: Counts) -> Iterator[Metric]:
    for name, text, value in (
        ("rounds_received", "Rounds of messages received.", counts.received),
        ("rounds_erased", "Rounds received of which nothing but their number is left.", counts.erased),
        ("rounds_accepted", "Rounds marked accepted on the platform.", counts.accepted),
        ("rounds_answered", "Rounds whose final reply was confirmed sent.", counts.answered),
        ("tasks_dropped", "Tasks that a person gave up.", counts.dropped),
        ("tasks_waiting", "Tasks still to be done.", counts.waiting),
        ("events_orphaned", "Events of a SED without a message.", counts.orphans),
    ):
        yield _gauge(name, text, [], [((), value)])
    for name, text, label, values in (
        ("rounds", "Rounds by state.", "state", counts.by_state),
        ("replies_sent", "Replies confirmed sent, by kind.", "kind", counts.sent),
        ("tasks_parked", "Tasks that wait for a person, by step.", "stage", counts.parked),
    ):
        yield _gauge(name, text, [label], [((str(key),), value) for key, value in values.items()])


def _gauge(name: str, text: str, labels: Sequence[str], samples: Iterable[Sample]) -> Metric:
    metric = GaugeMetricFamily(f"sedlink_{name}", text, labels=labels)
    for values, number in samples:
        metric.add_metric(list(values), number)
    return metric
