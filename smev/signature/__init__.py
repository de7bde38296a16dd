"""Signatures of SMEV messages: `verify` and `sign`."""

from smev.signature.places import Place
from smev.signature.report import SignatureReport
from smev.signature.sign import sign
from smev.signature.verify import verify

__all__ = ["Place", "SignatureReport", "sign", "verify"]
