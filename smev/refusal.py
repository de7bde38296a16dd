"""The errors of XML that is not processed: unsafe, not canonical, or outside what SMEV's transform allows."""


class XmlRefusedError(ValueError):
    """The XML is not processed; the message says why."""


class UnsafeXmlError(XmlRefusedError):
    """The XML is malformed, too large, or uses what is never needed and often abused (a DTD, entities)."""


class NotCanonicalError(XmlRefusedError):
    """The octets are not in the form that exclusive canonicalization writes; they may still be good XML."""


class TransformRefusedError(XmlRefusedError):
    """SMEV's transform has no result for this XML: its own software refuses it too."""
