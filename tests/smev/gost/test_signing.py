"""GOST R 34.10: the vectors of the RFCs number by number, and the backends against each other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smev.gost import PrivateKey, PublicKey, Scheme
from smev.gost.curves import CURVE_BY_OID, CURVES
from smev.gost.ec import accumulate, base_table, multiply, normalise
from smev.gost.pure import PureProvider

TEST_256, TEST_512 = "1.2.643.2.2.35.0", "1.2.643.7.1.2.1.2.0"
VECTORS = [  # RFC 5832 section 7 and RFC 7091 sections 7.1, 7.2: curve, d, x of Q, e, k, r, s
    (
        Scheme.GOST2012_256,
        TEST_256,
        "7a929ade789bb9be10ed359dd39a72c11b60961f49397eee1d19ce9891ec3b28",
        "7f2b49e270db6d90d8595bec458b50c58585ba1d4e9b788f6689dbd8e56fd80b",
        "2dfbc1b372d89a1188c09c52e0eec61fce52032ab1022e8e67ece6672b043ee5",
        "77105c9b20bcd3122823c8cf6fcc7b956de33814e95b7fe64fed924594dceab3",
        "41aa28d2f1ab148280cd9ed56feda41974053554a42767b83ad043fd39dc0493",
        "01456c64ba4642a1653c235a98a60249bcd6d3f746b631df928014f6c5bf9c40",
    ),
    (
        Scheme.GOST2012_512,
        TEST_512,
        (
            "0ba6048aadae241ba40936d47756d7c93091a0e8514669700ee7508e508b1020"
            "72e8123b2200a0563322dad2827e2714a2636b7bfd18aadfc62967821fa18dd4"
        ),
        (
            "115dc5bc96760c7b48598d8ab9e740d4c4a85a65be33c1815b5c320c854621dd"
            "5a515856d13314af69bc5b924c8b4ddff75c45415c1d9dd9dd33612cd530efe1"
        ),
        (
            "3754f3cfacc9e0615c4f4a7c4d8dab531b09b6f9c170c533a71d147035b0c591"
            "7184ee536593f4414339976c647c5d5a407adedb1d560c4fc6777d2972075b8c"
        ),
        (
            "0359e7f4b1410feacc570456c6801496946312120b39d019d455986e364f3658"
            "86748ed7a44b3e794434006011842286212273a6d14cf70ea3af71bb1ae679f1"
        ),
        (
            "2f86fa60a081091a23dd795e1e3c689ee512a3c82ee0dcc2643c78eea8fcacd3"
            "5492558486b20f1c9ec197c90699850260c93bcbcd9c5c3317e19344e173ae36"
        ),
        (
            "1081b394696ffe8e6585e7a9362d26b6325f56778aadbc081c0bfbe933d52ff5"
            "823ce288e8c4f362526080df7f70ce406a6eeb1f56919cb92a9853bde73e5b4a"
        ),
    ),
]
MULTIPLES = [  # RFC 8133 appendix: curve, k, x of k·P
    (
        "1.2.643.2.2.35.1",
        0x1F2538097D5A031FA68BBB43C84D12B3DE47B7061C0D5E24993E0C873CDBA6B3,
        0xBBC77CF42DC1E62D06227935379B4AA4D14FEA4F565DDF4CB4FA4D31579F9676,
    ),
    (
        "1.2.643.2.2.35.2",
        0x499D72B90299CAB0DA1F8BE19D9122F622A13B32B730C46BD0664044F2144FAD,
        0x61D6F916DB717222D74877F179F7EBEF7CD4D24D8C1F523C048E34A1DF30F8DD,
    ),
    (
        "1.2.643.2.2.35.3",
        0x3A54AC3F19AD9D0B1EAC8ACDCEA70E581F1DAC33D13FEAFD81E762378639C1A8,
        0x96B7F09C94D297C257A7DA48364C0076E59E48D221CBA604AE111CA3933B446A,
    ),
]
FAST_CURVES = [oid for oid, curve in CURVE_BY_OID.items() if curve.size == 32]


@pytest.mark.parametrize(("scheme", "curve", "d", "qx", "e", "k", "r", "s"), VECTORS)
def test_rfc_vectors(scheme, curve, d, qx, e, k, r, s):
    key = PrivateKey(scheme, curve, int(d, 16))
    value = bytes.fromhex(e)[::-1]
    signature = PureProvider(lambda _below: int(k, 16) - 1).sign(key, value)
    assert key.public().x == int(qx, 16)
    assert signature.hex() == s + r
    assert PureProvider().verify(key.public(), value, signature)


@pytest.mark.parametrize(("oid", "k", "x"), MULTIPLES)
def test_multiples_of_the_base(oid, k, x):
    assert base_table(CURVE_BY_OID[oid]).multiply(k)[0] == x


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_parameter_sets_hold_together(curve):
    base = (curve.x, curve.y)
    assert curve.contains(*base)
    assert multiply(curve, curve.q, base) is None
    assert pow(2, curve.p - 1, curve.p) == pow(2, curve.q - 1, curve.q) == 1
    # Hasse: the group's order is within 2√p of p + 1
    assert (curve.cofactor * curve.q - curve.p - 1) ** 2 <= 4 * curve.p


@given(oid=st.sampled_from(FAST_CURVES), data=st.data())
@settings(max_examples=30, deadline=None)
def test_both_ways_of_multiplying_agree_with_addition(oid, data):
    curve = CURVE_BY_OID[oid]
    a, b = (data.draw(st.integers(1, curve.q - 1)) for _ in range(2))
    table, base = base_table(curve), (curve.x, curve.y)
    assert table.multiply(a) == normalise([multiply(curve, a, base)], curve.p)[0]
    product = multiply(curve, b, table.multiply(a))
    assert normalise([product], curve.p)[0] == table.multiply(a * b % curve.q)


def test_zero_times_the_base_is_no_point():
    assert base_table(CURVE_BY_OID[TEST_256]).multiply(0) is None


def test_points_outside_the_subgroup_are_refused():
    oid = "1.2.643.7.1.2.1.1.1"  # cofactor 4: (t, 0) with t = (e + d) / 6 has order two (RFC 7836 section 5)
    curve = CURVE_BY_OID[oid]
    d = 0x0605F6B7C183FA81578BC39CFAD518132B9DF62897009AF7E522C32D6DC7BFFB
    two = ((1 + d) * pow(6, -1, curve.p) % curve.p, 0)
    with pytest.raises(ValueError, match="small order"):
        PublicKey(Scheme.GOST2012_256, oid, *two)
    [mixed] = normalise([accumulate(None, [(curve.x, curve.y), two], curve)], curve.p)
    with pytest.raises(ValueError, match="subgroup"):
        PublicKey(Scheme.GOST2012_256, oid, *mixed)


@pytest.mark.parametrize("d", [0, -1, CURVE_BY_OID[TEST_256].q])
def test_private_numbers_out_of_range_are_refused(d):
    with pytest.raises(ValueError, match="range"):
        PrivateKey(Scheme.GOST2012_256, TEST_256, d)


def test_a_point_off_the_curve_is_refused():
    with pytest.raises(ValueError, match="not a point"):
        PublicKey(Scheme.GOST2012_256, TEST_256, 1, 1)


def test_a_private_key_does_not_show_itself():
    assert "77777" not in repr(PrivateKey(Scheme.GOST2012_256, TEST_256, 77777))


@given(oid=st.sampled_from([*FAST_CURVES, "1.2.643.7.1.2.1.2.1"]), data=st.data())
@settings(max_examples=25, deadline=None)
def test_what_is_signed_verifies_and_nothing_else_does(pure, oid, data):
    curve = CURVE_BY_OID[oid]
    scheme = Scheme.GOST2012_512 if curve.size == 64 else Scheme.GOST2012_256
    key = PrivateKey(scheme, oid, data.draw(st.integers(1, curve.q - 1)))
    value = data.draw(st.binary(min_size=curve.size, max_size=curve.size))
    signature = pure.sign(key, value)
    assert pure.verify(key.public(), value, signature)
    spoilt = bytearray(signature)
    spoilt[data.draw(st.integers(0, len(spoilt) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert not pure.verify(key.public(), value, bytes(spoilt))


@pytest.mark.parametrize("which", ["pure", "openssl"])
@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\xff" * 64, b"\1" * 63, b"\1" * 128], ids=len)
def test_signatures_out_of_range_are_false(request, which, signature):
    provider = request.getfixturevalue(which)
    public = PrivateKey(Scheme.GOST2012_256, TEST_256, 5).public()
    assert not provider.verify(public, b"\1" * 32, signature)


def test_a_digest_of_zero_counts_as_one(pure):
    key = PrivateKey(Scheme.GOST2012_256, TEST_256, 5)
    signature = pure.sign(key, bytes(32))
    assert pure.verify(key.public(), bytes(32), signature)
    assert pure.verify(key.public(), b"\1" + bytes(31), signature)


def test_hot_keys_verify_by_a_table_and_say_the_same():
    provider = PureProvider()
    key = PrivateKey(Scheme.GOST2012_256, "1.2.643.2.2.36.0", 1234567)
    value = b"\5" * 32
    signature = provider.sign(key, value)
    assert all(provider.verify(key.public(), value, signature) for _ in range(40))
    assert not provider.verify(key.public(), b"\6" * 32, signature)


@given(oid=st.sampled_from([oid for oid in CURVE_BY_OID if oid != TEST_512]), data=st.data())
@settings(max_examples=40, deadline=None)
def test_backends_verify_each_other(pure, openssl, oid, data):
    curve = CURVE_BY_OID[oid]
    scheme = Scheme.GOST2012_512 if curve.size == 64 else Scheme.GOST2012_256
    if not oid.startswith("1.2.643.7.") and data.draw(st.booleans()):
        scheme = Scheme.GOST2001
    key = PrivateKey(scheme, oid, data.draw(st.integers(1, curve.q - 1)))
    public = key.public()
    value = data.draw(st.binary(min_size=curve.size, max_size=curve.size))
    ours, theirs = pure.sign(key, value), openssl.sign(key, value)
    assert pure.verify(public, value, theirs)
    assert openssl.verify(public, value, ours)
    other = bytes([value[0] ^ 1]) + value[1:]
    assert pure.verify(public, other, theirs) == openssl.verify(public, other, theirs)
