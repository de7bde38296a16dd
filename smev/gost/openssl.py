"""GOST by OpenSSL's gost engine through ctypes: fast, found at run time, not certified.

The engine is the reference implementation that distributions ship (libengine-gost-openssl). Signing takes
OpenSSL's own random numbers. ctypes lets other threads run meanwhile.
"""

from ctypes import byref, c_size_t, c_void_p, create_string_buffer
from functools import lru_cache

from smev.errors import SetupError, SigningError
from smev.gost import keyfile, libcrypto
from smev.gost.algorithms import Digest
from smev.gost.keys import PrivateKey, PublicKey
from smev.gost.provider import Hasher

_MD = {
    Digest.STREEBOG_256: b"md_gost12_256",
    Digest.STREEBOG_512: b"md_gost12_512",
    Digest.GOST94: b"md_gost94",
}


class _Pkey:
    """An EVP_PKEY that is freed with its last user."""

    def __init__(self, provider: "OpenSslProvider", pointer: c_void_p) -> None:
        self.pointer = pointer
        self._free = provider.library.EVP_PKEY_free

    def __del__(self) -> None:
        if self.pointer.value:
            self._free(self.pointer)


class OpenSslProvider:
    """The implementation by libcrypto. Raises SetupError when the engine is not on this machine."""

    name = "openssl"

    def __init__(self) -> None:
        self.library, self.engine = libcrypto.load()
        self._digests = {digest: self._find_digest(name) for digest, name in _MD.items()}
        self._public = lru_cache(maxsize=256)(self._load_public)
        self._private = lru_cache(maxsize=16)(self._load_private)

    def _find_digest(self, name: bytes) -> c_void_p:
        pointer = self.library.ENGINE_get_digest(self.engine, self.library.OBJ_txt2nid(name))
        if not pointer:
            raise libcrypto.absent(f"the engine is too old: no {name.decode()}")
        return c_void_p(pointer)

    def _load_public(self, key: PublicKey) -> _Pkey:
        return _Pkey(self, libcrypto.from_der(self.library.d2i_PUBKEY, keyfile.public_to_der(key)))

    def _load_private(self, key: PrivateKey) -> _Pkey:
        return _Pkey(self, libcrypto.from_der(self.library.d2i_AutoPrivateKey, keyfile.private_to_der(key)))

    def hasher(self, algorithm: Digest) -> Hasher:
        """Start a digest."""
        return _OpenSslHasher(self, self._digests[algorithm], algorithm.size)

    def sign(self, key: PrivateKey, digest: bytes) -> bytes:
        """Return s‖r. Raises SigningError when the engine refuses the key."""
        library = self.library
        pkey = self._private(key)
        context = c_void_p(library.EVP_PKEY_CTX_new(pkey.pointer, self.engine))
        signature = create_string_buffer(2 * key.scheme.size)
        length = c_size_t(len(signature))
        try:
            done = context.value and library.EVP_PKEY_sign_init(context) == 1
            if not done or library.EVP_PKEY_sign(context, signature, byref(length), digest, len(digest)) != 1:
                library.ERR_clear_error()
                raise SigningError("engine-refused", "the gost engine did not sign with this key")
        finally:
            library.EVP_PKEY_CTX_free(context)
        return signature.raw[: length.value]

    def verify(self, key: PublicKey, digest: bytes, signature: bytes) -> bool:
        """Tell whether the signature is the key's."""
        if len(signature) != 2 * key.scheme.size:
            return False
        library = self.library
        pkey = self._public(key)
        context = c_void_p(library.EVP_PKEY_CTX_new(pkey.pointer, self.engine))
        try:
            ready = context.value and library.EVP_PKEY_verify_init(context) == 1
            good = (
                ready
                and library.EVP_PKEY_verify(context, signature, len(signature), digest, len(digest)) == 1
            )
        finally:
            library.EVP_PKEY_CTX_free(context)
        if not good:
            library.ERR_clear_error()
        return bool(good)


class _OpenSslHasher:
    def __init__(self, provider: OpenSslProvider, algorithm: c_void_p, size: int) -> None:
        self._library, self._engine, self._size = provider.library, provider.engine, size
        self._context = c_void_p(self._library.EVP_MD_CTX_new())
        self._check(self._library.EVP_DigestInit_ex(self._context, algorithm, self._engine))

    def _check(self, result: int) -> None:
        if result != 1:
            self._library.ERR_clear_error()
            raise SetupError("engine-refused", "the gost engine refused to compute a digest")

    def update(self, data: bytes) -> None:
        """Add bytes."""
        self._check(self._library.EVP_DigestUpdate(self._context, bytes(data), len(data)))

    def digest(self) -> bytes:
        """Return the value over everything added so far; more may be added after."""
        value = create_string_buffer(self._size)
        copy = c_void_p(self._library.EVP_MD_CTX_new())
        try:
            self._check(self._library.EVP_MD_CTX_copy_ex(copy, self._context))
            self._check(self._library.EVP_DigestFinal_ex(copy, value, None))
        finally:
            self._library.EVP_MD_CTX_free(copy)
        return value.raw

    def __del__(self) -> None:
        self._library.EVP_MD_CTX_free(self._context)
