"""SMEV's transform, `urn://smev-gov-ru/xmldsig/transform`: one public call over two equal implementations."""

import os
from collections.abc import Callable

from smev import _transform_py
from smev.refusal import NotCanonicalError, TransformRefusedError, UnsafeXmlError

__all__ = ["BACKEND", "URI", "TransformRefusedError", "transform"]

URI = "urn://smev-gov-ru/xmldsig/transform"

Rewrite = Callable[[bytes], bytes]


def _implementations() -> dict[str, Rewrite]:
    found: dict[str, Rewrite] = {"python": _transform_py.rewrite}
    try:
        from smev import _transform
    except ImportError:  # built without a compiler: the pure form does the same, only slower
        return found
    return {"c": _transform.rewrite, **found}


IMPLEMENTATIONS = _implementations()
"""What this installation has, fastest first: `c` (compiled) and `python`."""

BACKEND = os.environ.get("SEDLINK_SMEV_TRANSFORM") or next(iter(IMPLEMENTATIONS))
"""The implementation in use; the environment variable SEDLINK_SMEV_TRANSFORM chooses another one."""

if BACKEND not in IMPLEMENTATIONS:
    raise ImportError(
        f"SEDLINK_SMEV_TRANSFORM={BACKEND}: this installation has only {', '.join(IMPLEMENTATIONS)}"
    )


def transform(canonical: bytes, *, backend: str | None = None) -> bytes:
    """Return what is digested: the octets of an element, in exc-c14n form, after SMEV's transform.

    Octets that are good XML but not canonical (comments, processing instructions, CDATA, `<a/>`, an XML
    declaration) are canonicalized first, so the result depends on nothing but what the XML says.

    Args:
        canonical: the exc-c14n form of one element, UTF-8.
        backend: `c` or `python`; by default the fastest that the installation has.

    Raises:
        TransformRefusedError: not XML, unsafe XML, an element without a namespace, or an `xml:` attribute.
    """
    rewrite = IMPLEMENTATIONS[backend or BACKEND]
    try:
        return rewrite(canonical)
    except NotCanonicalError as defect:
        return _canonicalized(canonical, defect, rewrite)


def _canonicalized(octets: bytes, defect: NotCanonicalError, rewrite: Rewrite) -> bytes:
    """Try again by way of a parser: it either says what is wrong or leads to the canonical form."""
    from smev.canonical import canonicalize, parse_skeleton

    try:
        return rewrite(canonicalize(parse_skeleton(octets)))
    except UnsafeXmlError as error:
        raise TransformRefusedError(str(error)) from defect
    except NotCanonicalError as error:
        raise TransformRefusedError(f"no canonical form: {error}") from error
