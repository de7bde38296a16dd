"""Steps 2 and 4, one function a stage: bring files, mark accepted, register, deliver a reply.

A step acts on one leased task and returns its outcome; errors are the caller's (`perform`).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from config.i18n import _
from connector.appeal import Appeal, CardRef, Pending, RemoteFile, Reply, StoredFile
from connector.crashpoints import reach
from connector.errors import ConflictError, ItemError, OutcomeUnknownError, PermanentError
from connector.journal.journal import Journal
from connector.journal.records import Advanced, Outcome, Stage, Work
from connector.lifecycle import State
from connector.platform import Platform
from connector.relay.hold import Hold
from connector.relay.intake import with_rounds
from connector.relay.links import CabinetLink, Classifier
from connector.sed import Sed
from connector.transport import last_look


class Steps:
    """The steps of one cabinet's conversations."""

    def __init__(self, journal: Journal, cabinet: CabinetLink, sed: Sed, classify: Classifier) -> None:
        self._journal = journal
        self._cabinet = cabinet
        self._sed = sed
        self._classify = classify
        self._of_stage: Mapping[Stage, Callable[[Work, Hold], Outcome]] = {
            Stage.READ: self.read,
            Stage.FETCH: self.fetch,
            Stage.ACCEPT: self.accept,
            Stage.REGISTER: self.register,
            Stage.REPLY: self.reply,
        }

    def perform(self, work: Work, hold: Hold) -> Outcome:
        """Do what the task's stage asks for. Raises ChannelError, ItemError or LeaseLostError."""
        return self._of_stage[work.stage](work, hold)

    def read(self, work: Work, _hold: Hold) -> Outcome:
        """Understand a message that could not be read before (a corrected profile, a newer version)."""
        received = self._cabinet.platform.read(work.raw)
        if received.appeal is None:
            raise PermanentError(received.problem, code="unreadable")
        [(again, _round)] = with_rounds(
            self._journal, work.opa_id, [replace(received, round_told=work.round)]
        )
        return Advanced(work.lease, Stage.FETCH, self._cabinet.channel, appeal=again.appeal, note="read")

    def fetch(self, work: Work, hold: Hold) -> Outcome:
        """Bring the message's files to the store: all of them, before it is marked accepted."""
        appeal = _appeal(work)
        files = {
            place: self._download(appeal, place, hold)
            for place, stored in enumerate(work.files)
            if stored is None
        }
        return Advanced(
            work.lease, Stage.ACCEPT, self._cabinet.channel, state=State.FILED, files=files, note="filed"
        )

    def _download(self, appeal: Appeal, place: int, hold: Hold) -> StoredFile:
        hold.keep()
        with self._cabinet.platform.download(appeal.attachments[place]) as download:
            body = hold.kept(download.body)
            stored = self._journal.files.put(body, download.name, download.media_type)
        reach("fetch.file-stored")
        return stored

    def accept(self, work: Work, _hold: Hold) -> Outcome:
        """Mark the message accepted: everything of it is durable by now."""
        self._cabinet.platform.accept(work.platform_id)
        reach("accept.marked")
        return Advanced(
            work.lease, Stage.REGISTER, self._cabinet.sed_channel, state=State.ACCEPTED, note="accepted"
        )

    def register(self, work: Work, hold: Hold) -> Outcome:
        """Hand the message to the SED, after looking whether an earlier attempt already did."""
        appeal = self._classified(_appeal(work))
        found = self._sed.find(work.key) if work.unsure and self._sed.capabilities.find_by_key else None
        hold.assure()
        try:
            with last_look(hold.keep):
                result = found or self._sed.register(appeal, _stored(work), self._journal.files.open)
        except ConflictError as conflict:
            result = conflict.card
        reach("register.handed-over")
        return _registered(work, appeal, result)

    def _classified(self, appeal: Appeal) -> Appeal:
        questions = tuple(
            question if question.code else self._classify(appeal, question) for question in appeal.questions
        )
        return replace(appeal, questions=questions)

    def reply(self, work: Work, hold: Hold) -> Outcome:
        """Send one reply: never a second time when an earlier attempt may have arrived."""
        reply = work.reply
        if reply is None:
            raise ItemError("a reply task holds no reply", code="corrupt")
        platform = self._cabinet.platform
        if work.unsure and self._arrived(work, reply, platform):
            return Advanced(work.lease, None, note="reply-found", detail={"kind": reply.kind})
        file_ids = tuple(self._uploaded(work, ref, hold) for ref in reply.files)
        hold.assure()
        with last_look(hold.keep):
            platform.send(reply, file_ids)
        reach("reply.sent")
        return Advanced(
            work.lease, None, note="reply-sent", detail={"kind": reply.kind, "files": len(file_ids)}
        )

    def _arrived(self, work: Work, reply: Reply, platform: Platform) -> bool:
        there = platform.count_sent(reply, self._journal.confirmed_sent(work.message_id, reply))
        if there is None:
            raise OutcomeUnknownError(
                _(
                    "an earlier attempt may have arrived and the platform offers no way to look: "
                    "compare with the cabinet's page, then `sedlink dead confirm` or `sedlink dead retry`"
                ),
                code="outcome-unknown-no-lookup",
            )
        return there > 0

    def _uploaded(self, work: Work, file: RemoteFile, hold: Hold) -> str:
        """Return the platform's id of a file, uploading it only where no earlier attempt did."""
        step = f"upload:{file.ref}"
        if known := work.steps.get(step):
            return known
        hold.keep()
        with self._sed.open_file(file.ref) as body:
            chunks = hold.kept(iter(lambda: body.read(1 << 16), b""))
            stored = self._journal.files.put(chunks, file.name, file.media_type)
        reach("reply.file-stored")
        with self._journal.files.open(stored) as body:
            file_id = self._cabinet.platform.upload(stored, body)
        reach("reply.file-uploaded")
        self._journal.step(work, step, file_id)
        reach("reply.upload-noted")
        return file_id


def _appeal(work: Work) -> Appeal:
    if work.appeal is None:
        raise PermanentError("the message was never read", code="unreadable")
    return work.appeal


def _stored(work: Work) -> tuple[StoredFile, ...]:
    files = tuple(stored for stored in work.files if stored is not None)
    if len(files) != len(work.files):
        raise ItemError("a file of the message is not in the store", code="file-missing")
    return files


def _registered(work: Work, appeal: Appeal, result: CardRef | Pending) -> Advanced:
    if isinstance(result, Pending):
        return Advanced(
            work.lease,
            None,
            state=State.PENDING,
            appeal=appeal,
            note="handed-over",
            detail={"receipt": result.receipt},
        )
    return Advanced(
        work.lease,
        None,
        state=State.REGISTERED,
        appeal=appeal,
        card=result,
        note="registered",
        detail={"card": result.number or result.id},
    )
