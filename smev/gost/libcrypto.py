"""The few functions of OpenSSL's libcrypto that the gost engine needs, declared for ctypes."""

import ctypes
import ctypes.util
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_size_t, c_uint64, c_void_p

from smev.errors import SetupError

_LOAD_DYNAMIC_AND_CONFIG = 0x00000400 | 0x00000040  # OPENSSL_INIT_ENGINE_DYNAMIC, OPENSSL_INIT_LOAD_CONFIG
_NAMES = ("libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.3.dylib", "libcrypto-3-x64.dll")

_POINTER_TO_BYTES = POINTER(c_char_p)
_SIGNATURES: dict[str, tuple[object, ...]] = {  # name: result, arguments
    "OPENSSL_init_crypto": (c_int, c_uint64, c_void_p),
    "OBJ_txt2nid": (c_int, c_char_p),
    "ERR_clear_error": (None,),
    "ENGINE_by_id": (c_void_p, c_char_p),
    "ENGINE_init": (c_int, c_void_p),
    "ENGINE_get_digest": (c_void_p, c_void_p, c_int),
    "ENGINE_register_pkey_meths": (c_int, c_void_p),
    "ENGINE_register_pkey_asn1_meths": (c_int, c_void_p),
    "EVP_MD_CTX_new": (c_void_p,),
    "EVP_MD_CTX_free": (None, c_void_p),
    "EVP_MD_CTX_copy_ex": (c_int, c_void_p, c_void_p),
    "EVP_DigestInit_ex": (c_int, c_void_p, c_void_p, c_void_p),
    "EVP_DigestUpdate": (c_int, c_void_p, c_char_p, c_size_t),
    "EVP_DigestFinal_ex": (c_int, c_void_p, c_char_p, c_void_p),
    "d2i_PUBKEY": (c_void_p, c_void_p, _POINTER_TO_BYTES, c_long),
    "d2i_AutoPrivateKey": (c_void_p, c_void_p, _POINTER_TO_BYTES, c_long),
    "EVP_PKEY_free": (None, c_void_p),
    "EVP_PKEY_CTX_new": (c_void_p, c_void_p, c_void_p),
    "EVP_PKEY_CTX_free": (None, c_void_p),
    "EVP_PKEY_sign_init": (c_int, c_void_p),
    "EVP_PKEY_sign": (c_int, c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t),
    "EVP_PKEY_verify_init": (c_int, c_void_p),
    "EVP_PKEY_verify": (c_int, c_void_p, c_char_p, c_size_t, c_char_p, c_size_t),
}


def load() -> tuple[ctypes.CDLL, c_void_p]:
    """Return libcrypto and its gost engine. Raises SetupError when this machine has not got both."""
    library = _library()
    library.OPENSSL_init_crypto(_LOAD_DYNAMIC_AND_CONFIG, None)
    engine = c_void_p(library.ENGINE_by_id(b"gost"))
    if not engine.value or not library.ENGINE_init(engine):
        library.ERR_clear_error()
        raise absent("no engine gost (Debian, Ubuntu, Astra Linux: package libengine-gost-openssl)")
    library.ENGINE_register_pkey_meths(engine)
    library.ENGINE_register_pkey_asn1_meths(engine)
    return library, engine


def absent(reason: str) -> SetupError:
    """Return the error of a machine without the engine."""
    return SetupError("engine-absent", "no GOST by OpenSSL on this machine: {reason}", reason=reason)


def _library() -> ctypes.CDLL:
    for name in (*_NAMES, ctypes.util.find_library("crypto")):
        try:
            library = ctypes.CDLL(name) if name else None
        except OSError:
            continue
        if library is not None and hasattr(library, "ENGINE_by_id"):
            return _declare(library)
    raise absent("no OpenSSL library with engines (libcrypto)")


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    for name, (result, *arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


def from_der(function: "ctypes._NamedFuncPointer", der: bytes) -> c_void_p:
    """Call one of the d2i_ functions, which take a pointer they move."""
    return c_void_p(function(None, byref(c_char_p(der)), len(der)))
