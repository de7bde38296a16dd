"""Digests against the vectors of the RFCs, in pieces, and the backends against each other."""

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smev.gost import Digest, digest, gost94, streebog
from smev.gost.gost94 import TEST, Gost94
from smev.gost.streebog import Streebog

M1 = b"012345678901234567890123456789012345678901234567890123456789012"
M2 = bytes.fromhex(
    "d1e520e2e5f2f0e82c20d1f2f0e8e1eee6e820e2edf3f6e82c20e2e5fef2fa20f120eceef0ff20f1f2f0e5ebe0ece820"
    "ede020f5f0e0e1f0fbff20efebfaeafb20c8e3eef0e5e2fb"
)
STREEBOG = [  # RFC 6986 section 10
    (
        M1,
        Digest.STREEBOG_512,
        (
            "1b54d01a4af5b9d5cc3d86d68d285462b19abc2475222f35c085122be4ba1ffa"
            "00ad30f8767b3a82384c6574f024c311e2a481332b08ef7f41797891c1646f48"
        ),
    ),
    (M1, Digest.STREEBOG_256, "9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500"),
    (
        M2,
        Digest.STREEBOG_512,
        (
            "1e88e62226bfca6f9994f1f2d51569e0daf8475a3b0fe61a5300eee46d961376"
            "035fe83549ada2b8620fcd7c496ce5b33f0cb9dddc2b6460143b03dabac9fb28"
        ),
    ),
    (M2, Digest.STREEBOG_256, "9dd2fe4e90409e5da87f53976d7405b0c0cac628fc669a741d50063c557e8f50"),
]
GOST94_TEST = [  # RFC 5831 section 7.3 and the usual short strings, test parameters
    (b"This is message, length=32 bytes", "b1c466d37519b82e8319819ff32595e047a28cb6f83eff1c6916a815a637fffa"),
    (
        b"Suppose the original message has length = 50 bytes",
        "471aba57a60a770d3a76130635c1fbea4ef14de51f78b4ae57dd893b62f55208",
    ),
    (b"abc", "f3134348c44fb1b2a277729e2285ebb5cb5e0f29c975bc753b70497c06a4d51d"),
    (b"U" * 128, "53a3a3ed25180cef0c1d85a074273e551c25660a87062a52d926a9e8fe5733a4"),
]
GOST94 = [  # CryptoPro parameters (RFC 4357)
    (b"a", "e74c52dd282183bf37af0079c9f78055715a103f17e3133ceff1aacf2f403011"),
    (b"message digest", "bc6041dd2aa401ebfa6e9886734174febdb4729aa972d60f549ac39b29721ba0"),
    (b"U" * 128, "1c4ac7614691bbf427fa2316216be8f10d92edfd37cd1027514c1008f649c4e8"),
]


@pytest.fixture(params=["pure", "openssl"])
def provider(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(("message", "algorithm", "expected"), STREEBOG)
def test_streebog_vectors(provider, message, algorithm, expected):
    assert digest(provider, algorithm, message).hex() == expected


@pytest.mark.parametrize(("message", "expected"), GOST94)
def test_gost94_vectors(provider, message, expected):
    assert digest(provider, Digest.GOST94, message).hex() == expected


@pytest.mark.parametrize(("message", "expected"), GOST94_TEST)
def test_gost94_test_parameters(message, expected):
    hasher = Gost94(TEST)
    hasher.update(message)
    assert hasher.digest().hex() == expected


@given(pieces=st.lists(st.binary(max_size=150), max_size=6), algorithm=st.sampled_from(Digest))
@settings(max_examples=40, deadline=None)
def test_pieces_change_nothing_and_digest_may_be_read_midway(pure, pieces, algorithm):
    hasher = pure.hasher(algorithm)
    for piece in pieces:
        hasher.update(piece)
        hasher.digest()
    assert hasher.digest() == digest(pure, algorithm, b"".join(pieces)) == digest(pure, algorithm, pieces)


@given(data=st.binary(min_size=1, max_size=300), algorithm=st.sampled_from(Digest))
@settings(max_examples=80, deadline=None)
def test_backends_agree(pure, openssl, data, algorithm):
    assert digest(pure, algorithm, data) == digest(openssl, algorithm, data)


FORMS = [
    ("streebog-256", partial(Streebog, 32), streebog.python_blocks, streebog.compiled_blocks),
    ("streebog-512", partial(Streebog, 64), streebog.python_blocks, streebog.compiled_blocks),
    *(
        (
            f"gost94-{name}",
            partial(Gost94, table),
            partial(gost94.python_blocks, table),
            partial(gost94.compiled_blocks, table),
        )
        for name, table in (("cryptopro", gost94.CRYPTOPRO), ("test", TEST))
    ),
]


@given(pieces=st.lists(st.binary(max_size=200), max_size=4))
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize(("name", "make", "plain", "compiled"), FORMS, ids=lambda value: str(value)[:16])
def test_compiled_and_plain_forms_agree(name, make, plain, compiled, pieces):
    if compiled() is None:
        pytest.skip("this installation was built without a compiler")
    one, other = make(blocks=plain), make(blocks=compiled())
    for piece in pieces:
        one.update(piece)
        other.update(piece)
    assert one.digest() == other.digest()


@pytest.mark.parametrize("carry", [b"\xff" * 64, b"\xff" * 63 + b"\x7f", b"\0" * 63 + b"\x80"])
def test_sums_carry_alike(carry):
    if streebog.compiled_blocks() is None:
        pytest.skip("this installation was built without a compiler")
    for blocks in (carry, carry * 3, carry + b"\1" + bytes(63)):
        state = b"\5" * 64 + b"\xff" * 128
        assert streebog.compiled_blocks()(state, blocks) == streebog.python_blocks(state, blocks)
        short = b"\5" * 32 + b"\xff" * 32
        plain, compiled = (
            gost94.python_blocks(TEST, short, blocks),
            gost94.compiled_blocks(TEST)(short, blocks),
        )
        assert plain == compiled


def test_compiled_forms_refuse_wrong_sizes():
    digest_module = pytest.importorskip("smev.gost._digest")
    with pytest.raises(ValueError, match="size"):
        digest_module.streebog(b"", b"", b"", b"")
    with pytest.raises(ValueError, match="size"):
        digest_module.gost94(b"", b"", b"")
