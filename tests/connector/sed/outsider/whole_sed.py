"""The outsider's adapter with everything that the suite can try: cards, marks, a password, late commits."""

from dataclasses import replace

from paper_peer import NOON, PaperPeer
from paper_sed import LIMIT, Drawer, PaperSed

from connector.appeal import Card, CardRef, Event, EventKind, Pending, RubricValue
from connector.errors import AuthError, PermanentError
from connector.peer import Entry, Finding, Health
from connector.sed import Capabilities, ChangePage

MARKS = ("Статус ПОС", "Выгрузка в витрину ПОС")


class RichDrawer(Drawer):
    """What the SED also keeps: whole messages, marks, and what was committed out of its order."""

    def __init__(self):
        super().__init__()
        self.appeals, self.marks, self.belated = {}, {}, []


class WholeSed(PaperSed):
    capabilities = Capabilities(
        find_by_key=True, async_registration=False, max_file_size=LIMIT, cards=True, annotate=True,
        dictionaries=("rubrics", "card_files"),
    )  # fmt: skip

    def __init__(self, drawer, password="right"):
        super().__init__(drawer)
        self._password = password

    def _enter(self):
        if self._password != "right":
            raise AuthError("wrong password")

    def check(self):
        return Health((Finding("password", ok=self._password == "right", sentence="tried"),))

    def find(self, key):
        self._enter()
        return super().find(key)

    def register(self, appeal, files, open_file):
        self._enter()
        card = super().register(appeal, files, open_file)
        self._drawer.appeals[appeal.key] = appeal
        return card

    def changes(self, cursor, limit):
        self._enter()
        read, late = (int(part) for part in (cursor or "0:0").split(":"))
        said = self._drawer.said[read : read + limit]
        belated = self._drawer.belated[late : late + limit - len(said)]
        read, late = read + len(said), late + len(belated)
        more = read < len(self._drawer.said) or late < len(self._drawer.belated)
        return ChangePage((*said, *belated), f"{read}:{late}" if read + late else "", more=more)

    def cards(self, query):
        if unknown := sorted(set(query.card_files) - {"К1"}):
            raise PermanentError(f"no card file {unknown}", field="card_files")
        for key, appeal in self._drawer.appeals.items():
            since = query.rubric_changed_from
            if since is None or NOON.date() >= since:
                yield self._card(key, appeal)

    def _card(self, key, appeal):
        told = [one for one in self._drawer.said if one.key == key and one.kind is EventKind.REGISTERED]
        number, day = (told[-1].number, told[-1].document_date) if told else ("", None)
        questions = tuple(
            RubricValue(f"{key}#{one.ordinal}", one.code, changed_at=NOON) for one in appeal.questions
        )
        marks = self._drawer.marks
        marked = tuple(
            replace(one, platform_status=marks.get((one.id, "Статус ПОС"), "")) for one in questions
        )
        ref = CardRef(self._drawer.cards[key].id, number, day)
        return Card(ref, "К1", marked, received_at=appeal.created_at, key=key)

    def annotate(self, card, question, fields):
        if unknown := sorted(set(fields) - set(MARKS)):
            raise PermanentError(f"{unknown}: no place for it", field="annotations")
        for name, value in fields.items():
            self._drawer.marks[question.id, name] = value

    def dictionary(self, kind):
        yield {"rubrics": Entry("0005.0005.0056.1159", "Освещение"), "card_files": Entry("1", "К1")}[kind]


class PendingSed(WholeSed):
    """The number comes later, by an event."""

    capabilities = replace(WholeSed.capabilities, async_registration=True)

    def find(self, key):
        card = super().find(key)
        return Pending(f"receipt {card.id}") if card else None

    def register(self, appeal, files, open_file):
        super().register(appeal, files, open_file)
        return Pending(f"receipt {self._drawer.cards[appeal.key].id}")


class WholePeer(PaperPeer):
    def __init__(self, kind):
        self._kind = kind
        self._drawer = RichDrawer()

    def sed(self):
        return self._kind(self._drawer)

    def stranger(self):
        return self._kind(self._drawer, password="wrong")

    def received(self, key):
        again = self._drawer.answers.get(f"again {key}", 0)  # a mistaken adapter may make one more
        told = super().received(key)
        return replace(told, cards=told.cards + again)

    def register_late(self, key, number, day):
        facts = {"number": number, "document_date": day}
        self._drawer.belated.append(Event(f"late {key}", key, EventKind.REGISTERED, NOON, **facts))
