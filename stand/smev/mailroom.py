"""What faces share that keep a system's key themselves: sending and taking for it, files on disk."""

import mimetypes
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from lxml import etree

from smev.gost import cms
from smev.gost.algorithms import Digest
from smev.gost.provider import digest
from stand.smev import contract
from stand.smev.bus import Bus
from stand.smev.exchange import Exchange
from stand.smev.files import plain_name
from stand.smev.keys import Pair
from stand.smev.parcels import Body, InStore, Parcel, System
from stand.smev.refusal import BusFault, invalid_content
from stand.smev.words import local, space


@dataclass(frozen=True, slots=True)
class Given:
    """A file that a client gives to a face; `uuid` is how the message speaks of it, "" when it does not."""

    path: Path
    name: str
    signature: bytes | None = None
    uuid: str = ""


class Mailroom:
    """Sends and takes messages for a system with the key that the face keeps."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.bus: Bus = exchange.bus
        self._keys: dict[str, Pair] = {}

    def trust(self, mnemonic: str, pair: Pair) -> None:
        """Give the faces the key of a system."""
        self._keys[mnemonic] = pair

    def system(self, mnemonic: str) -> System | None:
        """Return a system whose key is kept here, None for any other."""
        pair = self._keys.get(mnemonic)
        return replace(self.bus.system(mnemonic), pair=pair) if pair else None

    def request(self, system: System, content: bytes, files: list[Given], *, later: bool = False) -> Parcel:
        """Send a request; `later`: it is taken and rejected afterwards (a fault). Raises BusFault."""
        root = etree.fromstring(content)
        message_type = self.bus.type_of((space(root.tag), local(root.tag)))
        if message_type is None:
            raise BusFault("BusinessDataTypeIsNotSupported", f"{root.tag} is not registered")
        self._check(message_type.schema, root)
        parcel = Parcel(
            self.bus.new_id(), "REQUEST", system, self.bus.system(message_type.provider), content,
            self.bus.clock(), root=(space(root.tag), local(root.tag)), files=self._stored(system, files),
        )  # fmt: skip
        if later:
            self.bus.reject(parcel, "SMEVFailure", "asked for by the fault plan: the bus failed afterwards")
        return parcel

    def respond(self, system: System, request: Parcel, body: Body, files: list[Given]) -> Parcel:
        """Return the answer to a request, ready to be dispatched. Raises BusFault."""
        message_type = self.bus.type_of(request.root)
        if isinstance(body, bytes) and message_type is not None:
            root = etree.fromstring(body)
            if (space(root.tag), local(root.tag)) != (message_type.namespace, message_type.response):
                raise BusFault("IncorrectResponseContentType", f"{root.tag} is not the answer to the request")
            self._check(message_type.schema, root)
        return Parcel(
            self.bus.new_id(), "RESPONSE", system, request.sender, body, self.bus.clock(),
            root=self.bus.answer_root(request), files=self._stored(system, files), original_id=request.id,
            transaction_code=request.transaction_code, reply_to=request.reply_to, node_id=request.node_id,
        )  # fmt: skip

    def save(self, parcel: Parcel, folder: Path) -> tuple[tuple[str, str], ...]:
        """Put a message's files into a folder; return (uuid, path) of each."""
        kept = []
        for one in parcel.inline:
            path = _place(folder, one.content_id)
            path.write_bytes(one.body)
            kept.append((one.content_id, str(path)))
        for file in parcel.files:
            path = _place(folder, file.name)
            shutil.copyfile(file.path, path)
            kept.append((file.uuid, str(path)))
        return tuple(kept)

    def _check(self, schema: etree.XMLSchema | None, root: etree._Element) -> None:
        wrong = contract.validate(schema, root) if schema is not None else []
        if wrong:
            raise invalid_content([(one.line, one.reason) for one in wrong])

    def _stored(self, system: System, files: list[Given]) -> tuple[InStore, ...]:
        return tuple(self._store(system, one) for one in files)

    def _store(self, system: System, given: Given) -> InStore:
        content = given.path.read_bytes()
        signature = given.signature
        if signature is None and system.pair is not None:
            value = digest(system.pair.gost, Digest.STREEBOG_256, content)
            signature = cms.create(value, system.pair.signer(), self.bus.clock())
        kind = mimetypes.guess_type(given.name)[0] or "application/octet-stream"
        return self.exchange.files.put(content, given.name, kind, given.uuid or str(uuid4()), signature)


def _place(folder: Path, name: str) -> Path:
    """Return a free path in the folder for a name that somebody chose."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / plain_name(name)
    return path if not path.exists() else folder / f"{uuid4().hex[:8]}-{path.name}"
