"""Signing by an external command: the way to certified products and tokens that have a command line.

The command line is a template of the operator's own: {data} is a file with the octets to sign, {signature}
the file where the command leaves the signature (without it, standard output is read). Products differ in how
they write the number: `form` says so. What comes back is checked against the certificate by whoever signs.
"""

import base64
import binascii
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from smev.errors import SetupError, SigningError
from smev.gost.certificate import Certificate
from smev.gost.signer import scheme_for_signing

FORMS: dict[str, Callable[[bytes], bytes]] = {
    "raw": bytes,  # s‖r big-endian, as OpenSSL and PKCS#11 tools write it
    "reversed": lambda value: value[::-1],  # the whole string backwards, as CryptoAPI's functions write it
    "base64": lambda value: base64.b64decode(b"".join(value.split()), validate=True),
    "base64-reversed": lambda value: base64.b64decode(b"".join(value.split()), validate=True)[::-1],
    "hex": lambda value: bytes.fromhex(value.decode("ascii")),
}
_TAIL = 500  # characters of the command's complaint that are repeated


class CommandSigner:
    """Signs by running a command once per signature, without a shell.

    Args:
        command: the program and its arguments, with {data} and as a rule {signature} in them.
        certificate: of the key that the command uses.
        form: how the command writes a signature, one of FORMS.
        timeout: seconds after which the command is stopped.
        environment: added to the process's environment: a PIN has no place among arguments.

    Raises:
        SetupError: no {data} in the command, or an unknown form.
    """

    def __init__(
        self,
        command: Sequence[str],
        certificate: Certificate,
        *,
        form: str = "raw",
        timeout: float = 60.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        if not any("{data}" in part for part in command):
            raise SetupError("command-template", "the signing command has no {{data}} in it")
        if form not in FORMS:
            raise SetupError(
                "command-form", "unknown form {form!r}: use {known}", form=form, known=", ".join(FORMS)
            )
        self.certificate = certificate
        self._size = 2 * scheme_for_signing(certificate).size
        self._command, self._form, self._timeout = tuple(command), FORMS[form], timeout
        self._environment = {**os.environ, **(environment or {})}

    def sign(self, octets: bytes) -> bytes:
        """Return s‖r. Raises SetupError when the program is absent, SigningError when it fails."""
        with tempfile.TemporaryDirectory(prefix="sedlink-sign-") as folder:
            data, answer = Path(folder, "data"), Path(folder, "signature")
            data.write_bytes(octets)
            names = {"{data}": str(data), "{signature}": str(answer)}
            output = self._run([_fill(part, names) for part in self._command])
            return self._read(answer.read_bytes() if answer.exists() else output)

    def _run(self, arguments: list[str]) -> bytes:
        program = arguments[0]
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command, no shell
                arguments,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._timeout,
                env=self._environment,
                check=False,
            )
        except OSError as error:
            raise SetupError(
                "command-absent",
                "cannot run {program}: {reason}",
                program=program,
                reason=str(error.strerror),
            ) from error
        except subprocess.TimeoutExpired as error:
            raise SigningError(
                "command-timeout",
                "{program} gave no signature in {seconds} s: does it wait for a PIN?",
                program=program,
                seconds=round(self._timeout),
            ) from error
        if done.returncode:
            complaint = done.stderr.decode("utf-8", "replace").strip()[-_TAIL:]
            raise SigningError(
                "command-failed",
                "{program} ended with code {exit}: {reason}",
                program=program,
                exit=done.returncode,
                reason=complaint,
            )
        return done.stdout

    def _read(self, answer: bytes) -> bytes:
        try:
            value = self._form(answer)
        except (binascii.Error, ValueError):
            value = b""
        if len(value) != self._size:
            raise SigningError(
                "command-answer",
                "the command's answer of {length} bytes is not a signature of {size}",
                length=len(answer),
                size=self._size,
            )
        return value


def _fill(part: str, names: Mapping[str, str]) -> str:
    """Replace the placeholders and nothing else: a command may hold other braces."""
    for name, value in names.items():
        part = part.replace(name, value)
    return part
