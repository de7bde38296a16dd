"""What every way to reach the platform must do, tried against the stand: subclass and give `connect`.

The stand's ledger is the witness: what counts is what the platform saw, not what the adapter says.
"""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from hashlib import sha256

import pytest

from connector.appeal import ItemKind, Person, Reply, ReplyKind, StoredFile
from connector.errors import AuthError, OutcomeUnknownError, PermanentError, RetryableError
from stand.faults import Fault, FaultPlan, Pains
from stand.running import Stand

OFFICIAL = Person("Образцов", "Пётр", "Петрович", "official@example.org", "+70000000001")
WORDS = {
    ReplyKind.INTERIM: ("В работе", "Обращение принято в работу"),
    ReplyKind.SOLVED: ("Закрыто", "Обращение рассмотрено"),
    ReplyKind.NOT_SOLVED: ("Закрыто", "Обращение рассмотрено"),
    ReplyKind.REJECTED: ("Закрыто", "Отклонено модератором"),
    ReplyKind.FORWARDED: ("Закрыто", "Направлено в подведомственную организацию"),
    ReplyKind.POSTPONED: ("В работе", "Перенос срока обработки утвержден. Отправлен ответ Заявителю"),
}


def make_reply(message, kind, **fields):
    """A reply of a kind as the relay builds one from the default status table."""
    status, status_text = WORDS[kind]
    values = {
        "opa_id": message.opa_id,
        "platform_id": message.platform_id,
        "round": message.round,
        "event_id": "e1",
        "kind": kind,
        "status": status,
        "status_text": status_text,
        "executor": OFFICIAL,
        "manager": OFFICIAL,
    }
    if kind is not ReplyKind.INTERIM:
        values["text"] = f"Ответ по существу: {kind}"
    if kind is ReplyKind.FORWARDED:
        values["forwarded_to"] = "Управа района Образцовый"
    if kind is ReplyKind.POSTPONED:
        values["postponed_to"] = date(2030, 2, 28)
    return Reply(**values | fields)


def stored(content, name="Ответ № 1.pdf"):
    return StoredFile(sha256(content).hexdigest(), len(content), name, "application/pdf")


class PlatformConformance:
    """Subclass it: `connect(stand, cabinet, secret=…, read_timeout=…)` returns a cabinet's Platform.

    A way whose peer knows a repeated request by its id sets `repeat_is_safe`: a break is then only a wait.
    """

    repeat_is_safe = False
    broken_upload = OutcomeUnknownError
    retry_after = 1  # seconds: what a refusal for too many calls tells, where the way can tell it
    no_such_message = "HTTP 404: "

    def connect(self, stand, cabinet, *, secret="", read_timeout=10.0):
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def quiet(cls, tmp_path_factory):
        """A stand without faults for tests that change nothing another one looks at."""
        with Stand(tmp_path_factory.mktemp("stand"), cabinets=2, messages=260, seed=11) as stand:
            yield stand

    @pytest.fixture
    def stand(self, tmp_path):
        plan = FaultPlan(probability=1.0, max_in_row=1, pains=Pains(slow=1.0))
        with Stand(tmp_path / "stand", cabinets=2, messages=24, seed=5, faults=plan) as stand:
            yield stand

    @pytest.fixture
    def platform(self, stand):
        platform = self.connect(stand, stand.cabinets[0])
        platform.check()  # the token is there before any fault strikes
        return platform

    @staticmethod
    def strike(stand, *faults):
        stand.faults.kinds = frozenset(faults)

    @staticmethod
    def again(call):
        """Repeat a call that failed; where one call makes several of the wire, each may fail in its turn."""
        return call()

    @staticmethod
    def listed(platform):
        return [message for page in platform.pages() for message in page.messages]

    def accepted(self, platform, index=0):
        appeal = self.listed(platform)[index].appeal
        platform.accept(appeal.platform_id)
        return appeal

    @staticmethod
    def seen(stand, what):
        return [entry for entry in stand.ledger.entries() if entry.what == what]

    # ---- reading

    def test_check_is_fine_and_changes_nothing(self, quiet):
        before = len(self.seen(quiet, "accepted"))
        health = self.connect(quiet, quiet.cabinets[0]).check()
        assert health.ok
        assert {finding.sentence for finding in health.findings}
        assert len(self.seen(quiet, "accepted")) == before

    def test_every_message_of_every_page_once_and_only_of_this_cabinet(self, quiet):
        for cabinet in quiet.cabinets:
            pages = list(self.connect(quiet, cabinet).pages())
            ids = [message.platform_id for page in pages for message in page.messages]
            expected = {
                str(i.message.id) for i in quiet.platform.items() if i.message.opa_id == cabinet.opa_id
            }
            assert len(ids) == len(set(ids)) == 130
            assert set(ids) == expected
            assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]

    def test_every_message_is_understood_and_reads_the_same_from_its_raw_text(self, quiet):
        platform = self.connect(quiet, quiet.cabinets[0])
        messages = self.listed(platform)
        for message in messages:
            assert message.appeal is not None, message.problem
            assert platform.read(message.raw) == message
        appeals = [message.appeal for message in messages]
        assert any(len(appeal.questions) > 1 and appeal.kind is ItemKind.APPEAL for appeal in appeals)
        assert any(appeal.co_applicants and appeal.collective for appeal in appeals)
        assert any(appeal.applicant.organisation for appeal in appeals)
        assert any(appeal.confidential for appeal in appeals)
        assert all(appeal.due_at > appeal.created_at and appeal.channel for appeal in appeals)

    def test_nothing_is_skipped_while_accepted_messages_leave_the_list(self, quiet):
        cabinet = quiet.cabinets[1]
        platform = self.connect(quiet, cabinet)
        ids = set()
        for page in platform.pages():
            ids |= {message.platform_id for message in page.messages}
            for message in page.messages[::3]:
                platform.accept(message.platform_id)
        expected = {str(i.message.id) for i in quiet.platform.items() if i.message.opa_id == cabinet.opa_id}
        assert ids == expected

    def test_a_message_listed_twice_comes_once(self, stand, platform):
        self.strike(stand, Fault.DUPLICATE_LISTING)
        ids = [message.platform_id for message in self.listed(platform)]
        assert len(ids) == len(set(ids)) == 12

    def test_files_come_whole_with_their_names(self, quiet):
        platform = self.connect(quiet, quiet.cabinets[0])
        specs = {key: spec for item in quiet.platform.items() for key, spec in item.message.files}
        files = [file for message in self.listed(platform) for file in message.appeal.attachments]
        assert len(files) > 20
        for file in files[:40]:
            with platform.download(file) as download:
                body = b"".join(download.body)
            spec = specs[file.id]
            assert sha256(body).hexdigest() == spec.sha256
            assert download.size == len(body)
            assert download.media_type == spec.media_type
            assert self.harmless(download.name)
            assert download.name == spec.name or not self.harmless(spec.name)

    @staticmethod
    def harmless(name):
        """Whether a name is a file's name on every system: no path, no device, not hidden, not too long."""
        no_device = name.partition(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL"}
        return (
            not set(name) & set('/\\<>:"|?*') and name[:1] != "." and no_device and len(name.encode()) <= 200
        )

    @pytest.mark.parametrize("kind", ["regions", "subjects", "subsubjects"])
    def test_dictionaries(self, quiet, kind):
        entries = list(self.connect(quiet, quiet.cabinets[0]).dictionary(kind))
        assert len({entry.id for entry in entries}) == len(entries) > 1
        assert all(entry.name for entry in entries)
        assert all(entry.parent_id for entry in entries) is (kind != "regions")

    # ---- credentials

    def test_a_wrong_password_stops_its_own_cabinet_and_names_it(self, stand):
        bad, good = stand.cabinets
        platform = self.connect(stand, bad, secret="not-the-password")
        with pytest.raises(AuthError) as refused:
            self.listed(platform)
        assert bad.name in refused.value.sentence
        assert "not-the-password" not in refused.value.sentence
        assert not platform.check().ok
        assert len(self.listed(self.connect(stand, good))) == 12

    # ---- accepting, uploading, sending

    def test_accept_takes_a_message_off_the_list_and_is_harmless_to_repeat(self, stand, platform):
        appeal = self.accepted(platform)
        platform.accept(appeal.platform_id)
        assert len(self.seen(stand, "accepted")) == 1
        assert appeal.platform_id not in {message.platform_id for message in self.listed(platform)}

    def test_a_refusal_carries_the_platforms_own_words(self, platform):
        with pytest.raises(PermanentError) as refused:
            platform.accept("99999999")
        assert (
            "нет такого сообщения" in refused.value.sentence.lower() or "99999999" in refused.value.sentence
        )
        assert self.no_such_message in refused.value.sentence

    @pytest.mark.parametrize("size", [0, 1, 300_000])
    def test_an_uploaded_file_arrives_whole_under_its_name(self, stand, platform, size):
        content = b"\x00\xff" * size
        file_id = platform.upload(stored(content), io.BytesIO(content))
        [entry] = self.seen(stand, "uploaded")
        assert entry.detail["file"] == file_id
        assert (entry.detail["sha256"], entry.detail["size"]) == (sha256(content).hexdigest(), len(content))
        assert stand.platform._uploads[file_id].name == "Ответ № 1.pdf"

    @pytest.mark.parametrize("kind", [kind for kind in ReplyKind if kind is not ReplyKind.INTERIM])
    def test_every_kind_of_reply_arrives_and_is_found_in_the_history(self, stand, platform, kind):
        appeal = self.accepted(platform)
        interim = make_reply(appeal, ReplyKind.INTERIM)
        assigned = make_reply(appeal, ReplyKind.INTERIM, status_text="Назначен исполнитель")
        reply = make_reply(appeal, kind, card_number="ОГ-1", card_date=date(2026, 1, 31))
        content = b"answer"
        file_ids = (platform.upload(stored(content), io.BytesIO(content)),)
        for sent, ids in ((interim, ()), (assigned, ()), (reply, file_ids)):
            assert platform.count_sent(sent) == 0
            platform.send(sent, ids)
            assert platform.count_sent(sent) == 1
        replied = self.seen(stand, "replied")
        assert [entry.detail["kind"] for entry in replied] == [
            "interim.registered",
            "interim.assigned",
            str(kind),
        ]
        assert replied[-1].detail["files"] == [sha256(content).hexdigest()]
        assert replied[-1].detail["number"] == "ОГ-1"
        if kind is ReplyKind.POSTPONED:
            assert replied[-1].detail["postponed"] == "2030-02-28T00:00:00Z"

    def test_a_repeated_interim_status_is_counted_as_often_as_it_arrived(self, platform):
        reply = make_reply(self.accepted(platform), ReplyKind.INTERIM)
        for count in (1, 2, 3):
            platform.send(reply, ())
            assert platform.count_sent(reply) == count

    def test_a_reply_that_the_platform_refuses_names_the_field(self, stand, platform):
        appeal = self.accepted(platform)
        with pytest.raises(PermanentError) as refused:
            platform.send(make_reply(appeal, ReplyKind.INTERIM, status_text="Нечто"), ())
        assert refused.value.field.lower() == "statustext"
        assert "statustext: " in refused.value.sentence.lower()
        assert not self.seen(stand, "replied")

    def test_a_message_returned_for_rework_comes_with_its_round_and_comment(self, stand, platform):
        appeal = self.accepted(platform)
        platform.send(make_reply(appeal, ReplyKind.SOLVED), ())
        stand.platform.rework(int(appeal.platform_id), "Ничего не сделано")
        again = next(m for m in self.listed(platform) if m.platform_id == appeal.platform_id)
        assert (again.round_told, again.appeal.round) == (2, 2)
        assert again.appeal.rework_comment == "Ничего не сделано"
        assert again.appeal.key != appeal.key
        platform.accept(appeal.platform_id)
        platform.send(make_reply(again.appeal, ReplyKind.NOT_SOLVED), ())
        assert [entry.round for entry in self.seen(stand, "replied")] == [1, 2]

    # ---- faults

    @pytest.mark.parametrize(
        "fault", [Fault.ERROR, Fault.TOO_MANY, Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.GARBAGE]
    )
    def test_a_fault_of_the_list_closes_the_channel_for_a_while(self, stand, platform, fault):
        self.strike(stand, fault)
        with pytest.raises(RetryableError) as failed:
            self.listed(platform)
        assert stand.cabinets[0].name in failed.value.sentence
        assert failed.value.after == (self.retry_after if fault is Fault.TOO_MANY else None)
        self.strike(stand)
        assert len(self.listed(platform)) == 12

    @pytest.mark.parametrize("fault", [Fault.ERROR, Fault.TOO_MANY, Fault.CUT_BEFORE, Fault.CUT_AFTER])
    def test_accept_may_always_be_repeated(self, stand, platform, fault):
        appeal = self.listed(platform)[0].appeal
        self.strike(stand, fault)
        with pytest.raises(RetryableError):
            platform.accept(appeal.platform_id)
        self.again(lambda: platform.accept(appeal.platform_id))
        assert len(self.seen(stand, "accepted")) == 1

    @pytest.mark.parametrize(
        ("fault", "arrived"),
        [
            (Fault.ERROR, 0),
            (Fault.CUT_BEFORE, 0),
            (Fault.CUT_AFTER, 1),
            (Fault.GARBAGE, 1),
            (Fault.SLOW, 1),
        ],
    )
    def test_a_reply_of_unknown_outcome_is_told_by_the_history(self, stand, fault, arrived):
        platform = self.connect(stand, stand.cabinets[0], read_timeout=0.3)
        reply = make_reply(self.accepted(platform), ReplyKind.SOLVED)
        self.strike(stand, fault)
        with pytest.raises((OutcomeUnknownError, RetryableError)) as failed:
            platform.send(reply, ())
        if arrived and not self.repeat_is_safe:
            assert isinstance(failed.value, OutcomeUnknownError)
        self.strike(stand)
        self.wait_for(lambda: len(self.seen(stand, "replied")) == arrived)
        assert platform.count_sent(reply) == arrived
        if self.repeat_is_safe:
            platform.send(reply, ())
            assert len(self.seen(stand, "replied")) == platform.count_sent(reply) == 1

    def test_too_many_requests_is_no_unknown_outcome(self, stand, platform):
        reply = make_reply(self.accepted(platform), ReplyKind.SOLVED)
        self.strike(stand, Fault.TOO_MANY)
        with pytest.raises(RetryableError) as failed:
            platform.send(reply, ())
        assert failed.value.after == self.retry_after

    def test_a_broken_upload_is_of_unknown_outcome(self, stand, platform):
        self.strike(stand, Fault.CUT_AFTER)
        with pytest.raises(self.broken_upload):
            platform.upload(stored(b"x"), io.BytesIO(b"x"))
        self.wait_for(lambda: len(self.seen(stand, "uploaded")) == 1)
        if self.repeat_is_safe:
            self.strike(stand)
            platform.upload(stored(b"x"), io.BytesIO(b"x"))
            assert len(self.seen(stand, "uploaded")) == 1

    def test_a_download_that_breaks_is_tried_again_later(self, stand, platform):
        files = [f for m in self.listed(platform) for f in m.appeal.attachments]
        specs = {key: spec for item in stand.platform.items() for key, spec in item.message.files}
        file = next(file for file in files if specs[file.id].size > 1)
        self.strike(stand, Fault.CUT_AFTER)
        with pytest.raises(RetryableError), platform.download(file) as download:
            list(download.body)
        with platform.download(file) as download:
            assert sha256(b"".join(download.body)).hexdigest() == specs[file.id].sha256

    def test_a_silent_platform_meets_the_time_out(self, stand):
        platform = self.connect(stand, stand.cabinets[0], read_timeout=0.2)
        platform.check()
        self.strike(stand, Fault.SLOW)
        with pytest.raises(RetryableError):
            self.listed(platform)

    @staticmethod
    def wait_for(condition):
        """Give a request that is still being carried out a moment to end."""
        import time

        until = time.monotonic() + 5
        while not condition() and time.monotonic() < until:
            time.sleep(0.02)
        assert condition()


class TokenConformance(PlatformConformance):
    """What a way that has tokens must do besides."""

    def test_an_expired_token_is_renewed_once_for_all_threads(self, stand, platform, monkeypatch):
        ids = [message.platform_id for message in self.listed(platform)][:10]
        made = []
        new_token = stand.platform.new_token
        monkeypatch.setattr(stand.platform, "new_token", lambda *args: made.append(1) or new_token(*args))
        for token in tuple(stand.platform._tokens):
            stand.platform.forget(token)
        with ThreadPoolExecutor(max_workers=10) as pool:
            list(pool.map(platform.accept, ids))
        assert len(made) == 1
        assert len(self.seen(stand, "accepted")) == 10

    def test_tokens_that_are_forgotten_all_the_time_close_no_cabinet(self, tmp_path):
        plan = FaultPlan([Fault.EXPIRED_TOKEN], probability=0.05, max_in_row=1, seed=2)
        with Stand(tmp_path / "stand", cabinets=1, messages=150, seed=5, faults=plan) as stand:
            platform = self.connect(stand, stand.cabinets[0])
            ids = [message.platform_id for message in self.listed(platform)]
            with ThreadPoolExecutor(max_workers=4) as pool:
                list(pool.map(platform.accept, ids))
            assert plan.struck()["expired_token"] > 2
            assert len(self.seen(stand, "accepted")) == 150

    def test_a_token_that_dies_at_once_is_an_auth_error(self, stand):
        stand.platform.token_seconds = 0
        with pytest.raises(AuthError) as refused:
            self.listed(self.connect(stand, stand.cabinets[0]))
        assert stand.cabinets[0].name in refused.value.sentence

    @pytest.mark.parametrize(
        "fault", [Fault.ERROR, Fault.TOO_MANY, Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.GARBAGE]
    )
    def test_a_fault_of_the_token_call_is_no_refusal_of_the_password(self, stand, fault):
        platform = self.connect(stand, stand.cabinets[0])
        self.strike(stand, fault)
        with pytest.raises(RetryableError):
            self.listed(platform)
        self.strike(stand)
        assert len(self.listed(platform)) == 12

    def test_an_expired_token_in_the_middle_of_sending_doubles_nothing(self, stand, platform):
        reply = make_reply(self.accepted(platform), ReplyKind.SOLVED)
        self.strike(stand, Fault.EXPIRED_TOKEN)
        content = b"answer" * 1000
        file_id = platform.upload(stored(content), io.BytesIO(content))
        platform.send(reply, (file_id,))
        assert len(self.seen(stand, "replied")) == len(self.seen(stand, "uploaded")) == 1
        assert self.seen(stand, "uploaded")[0].detail["sha256"] == sha256(content).hexdigest()
