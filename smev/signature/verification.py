"""One message under verification: each ds:Signature at its place, over the element that place names."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import cast

from lxml import etree

from smev.errors import InputError, SmevError, UnsupportedError
from smev.gost.algorithms import Digest
from smev.gost.certificate import Certificate
from smev.gost.provider import Provider, digest
from smev.gost.trust import TrustStore
from smev.signature import places, strays, xmldsig
from smev.signature.octets import canonicalize, covered
from smev.signature.places import Place
from smev.signature.report import SignatureReport

_IDENTIFIERS = etree.XPath("//@Id | //@ID | //@xml:id", smart_strings=False)
_BETWEEN = re.compile(rb">[ \t\n]+<")  # in canonical form: only ever indentation between elements
_SIGNATURE = f"{{{xmldsig.DS}}}Signature"


class Verification:
    """One message under verification: its elements by Id and the digests computed so far."""

    def __init__(
        self, root: etree._Element, provider: Provider, store: TrustStore | None, at: datetime
    ) -> None:
        self.top = places.operation(root)
        self._root = root
        self.provider = provider
        self._store, self._at = store, at
        self._ids = Counter(cast("list[str]", _IDENTIFIERS(root)))
        self._octets: dict[etree._Element, bytes] = {}
        self._digests: dict[tuple[etree._Element, Digest], bytes] = {}

    def reports(self) -> Iterator[SignatureReport]:
        """Check every ds:Signature; what is wrong with one is in its report, nothing is raised."""
        return map(self._report, self._root.iter(_SIGNATURE))

    def _report(self, signature: etree._Element) -> SignatureReport:
        container = signature.getparent()
        rule = None if container is None else places.find_rule(container, self.top)
        if container is None or rule is None:
            return self._misplaced(signature)
        report = SignatureReport(place=rule.place, algorithm=xmldsig.scheme_name(signature))
        try:
            return self._check(signature, rule, container, report)
        except SmevError as error:
            return replace(report, error=error)

    def _misplaced(self, signature: etree._Element) -> SignatureReport:
        path = places.path_below(signature, self.top) or ""
        name = xmldsig.scheme_name(signature)
        if "/MessagePrimaryContent/" in path:
            return SignatureReport(place=Place.CONTENT, algorithm=name)
        error = InputError("signature-misplaced", "a signature where SMEV has none")
        return SignatureReport(place=Place.ELSEWHERE, algorithm=name, error=error)

    def _check(
        self,
        signature: etree._Element,
        rule: places.Rule,
        container: etree._Element,
        report: SignatureReport,
    ) -> SignatureReport:
        strays.check(signature, self.top)
        parts = xmldsig.read(signature)
        parent = container.getparent()
        if parent is None:  # a rule was found by it
            raise InputError("signature-misplaced", "a signature where SMEV has none")
        target = places.find_target(rule, parent)
        report = replace(
            report, reference=parts.reference, element=str(target.tag), certificate=parts.certificates[0]
        )
        self._check_reference(parts.reference, target)
        versions = {places.version(element) for element in (target, container, self.top)}
        if len(versions - {None}) > 1:  # business content has none of its own
            raise InputError("version-mixed", "elements of different versions of SMEV around the signature")
        value = self._digest(target, parts.digest)
        signed_info = canonicalize(parts.signed_info)
        signer = self._signer(parts, signed_info)
        reformatted = signer is None and (squeezed := _BETWEEN.sub(b"><", signed_info)) != signed_info
        if reformatted:
            signer = self._signer(parts, squeezed)
        report = replace(
            report,
            digest_ok=value == parts.digest_value,
            signature_ok=signer is not None,
            certificate=signer or parts.certificates[0],
            reformatted=reformatted and signer is not None,
            octets=self._octets[target],
        )
        return self.trusted(report, parts.certificates)

    def _check_reference(self, reference: str, target: etree._Element) -> None:
        """Refuse a reference that is not the Id of the element that counts, and of it alone."""
        if target.get("Id") != reference:
            raise InputError(
                "reference-elsewhere",
                "the signature is about {reference!r}, not about the element at its place ({element})",
                reference=reference,
                element=etree.QName(target).localname,
            )
        if self._ids[reference] != 1:
            raise InputError(
                "id-duplicate", "the Id {reference!r} stands more than once", reference=reference
            )

    def _digest(self, target: etree._Element, algorithm: Digest) -> bytes:
        if target not in self._octets:
            self._octets[target] = covered(target)
        if (target, algorithm) not in self._digests:
            self._digests[target, algorithm] = digest(self.provider, algorithm, self._octets[target])
        return self._digests[target, algorithm]

    def _signer(self, parts: xmldsig.XmlSignature, signed_info: bytes) -> Certificate | None:
        """Return the certificate whose key made the signature: as a rule the only one there is."""
        fitting = [one for one in parts.certificates if one.key and one.key.scheme is parts.scheme]
        if not fitting:
            raise UnsupportedError(
                "algorithm-mismatch",
                "the certificate's key does not go with {scheme}",
                scheme=str(parts.scheme),
            )
        value = digest(self.provider, parts.scheme.digest, signed_info)
        made = (one for one in fitting if self.provider.verify(one.public_key, value, parts.value))
        return next(made, None)

    def trusted(self, report: SignatureReport, others: tuple[Certificate, ...]) -> SignatureReport:
        """Return the report with the store's verdict on its signer, if there is a store.

        Raises InputError for a self-signed certificate that was changed: that shows without any store.
        """
        if report.certificate and not _intact(report.certificate, self.provider):
            raise InputError(
                "certificate-forged", "the self-signed certificate was not signed by its own key"
            )
        if self._store is None or report.certificate is None:
            return report
        verdict = self._store.check(report.certificate, others, self._at, self.provider)
        return replace(report, trust=verdict)

    def missing(self) -> Iterator[SignatureReport]:
        """Yield a report for each element that must hold a signature and does not."""
        for element in (self.top, *self.top.iterchildren("{*}*")):
            place = places.REQUIRED.get(places.local(element))
            if place is None:
                continue
            names = {rule.container for rule in places.RULES if rule.place is place}
            held = (child for child in element.iterchildren("{*}*") if places.local(child) in names)
            if not any(child.find(_SIGNATURE) is not None for child in held):
                error = InputError("signature-absent", "no {place} signature", place=str(place))
                yield SignatureReport(place=place, error=error)


def _intact(certificate: Certificate, provider: Provider) -> bool:
    return not certificate.self_issued or certificate.signed_by(certificate, provider)
