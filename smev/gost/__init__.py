"""GOST cryptography behind one interface: digests, keys, certificates, signatures, CMS."""

from smev.gost.algorithms import Digest, Scheme
from smev.gost.backends import provider
from smev.gost.keys import PrivateKey, PublicKey
from smev.gost.provider import Hasher, Provider, digest

__all__ = ["Digest", "Hasher", "PrivateKey", "Provider", "PublicKey", "Scheme", "digest", "provider"]
