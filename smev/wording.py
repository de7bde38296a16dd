"""What the errors of this library say to a person: one sentence per code, translated where it is shown."""

from config.i18n import N_, _
from smev.errors import SmevError
from smev.gost.trust import Verdict

# A sentence uses the fields that every error of its code carries (tests/smev/test_wording.py).
WORDING = {
    "adapter-wsdl": N_("the adapter's WSDL does not fit the operation {operation}: {reason}"),
    "algorithm-mismatch": N_("the certificate's key does not go with the signature algorithm {scheme}"),
    "as-is": N_("{name} is nothing that can be sent as it is: give a signed request or response"),
    "as-is-absent": N_("the transport {transport} sends no envelopes as they are"),
    "as-is-known": N_("the message {id} is kept as {key} already: sedlink smev send --again {key}"),
    "asn1-malformed": N_("not ASN.1 as it should be: {reason}"),
    "answer-garbage": N_("the answer is not one of SMEV: {reason}"),
    "backend-absent": N_("no GOST implementation works on this machine"),
    "backend-unknown": N_("unknown GOST backend {name}: use one of {known}"),
    "base64-malformed": N_("broken base64 in {name}"),
    "answer-unknown": N_("{name} is no answer of SMEV that is known here"),
    "bus-fault": N_("SMEV answered {name}: {reason}"),
    "bus-signature": N_("SMEV's own signature: {reason}"),
    "canonicalization": N_("canonicalization {uri} is not the one SMEV prescribes"),
    "certificate-absent": N_("the signature came without the signer's certificate"),
    "certificate-forged": N_("the self-signed certificate was not signed by its own key"),
    "certificate-malformed": N_("broken certificate: {reason}"),
    "certificate-too-large": N_("a certificate of {size} bytes is no certificate"),
    "certificate-usage": N_("the certificate's key usage does not allow signatures"),
    "cms-kind": N_("CMS of type {oid} is not a signature"),
    "cms-malformed": N_("broken CMS signature: {reason}"),
    "cms-too-large": N_("a CMS signature of {size} bytes is too large"),
    "cms-unsigned": N_("the CMS has no signers"),
    "command-absent": N_("cannot run {program}: {reason}"),
    "command-answer": N_("the command's answer of {length} bytes is not a signature of {size} bytes"),
    "command-failed": N_("{program} ended with code {exit}: {reason}"),
    "command-form": N_("unknown form of the command's answer {form}: use {known}"),
    "command-template": N_("the signing command has no {{data}} in it"),
    "command-timeout": N_("{program} gave no signature in {seconds} s: does it wait for a PIN?"),
    "content-count": N_("{count} elements of business content, there must be one"),
    "digest-algorithm": N_("unknown digest algorithm {name}"),
    "engine-absent": N_("no GOST by OpenSSL on this machine: {reason}"),
    "engine-refused": N_("OpenSSL's gost engine refused to work with this key"),
    "envelope-field": N_("{name}: {reason}"),
    "file-broken": N_("the file {name} is broken: {reason}"),
    "file-unreadable": N_("cannot read {path}: {reason}"),
    "file-unwritable": N_("cannot write {path}: {reason}"),
    "ftp-malformed": N_("{url}: write the file store's address like ftp://smev.example.org"),
    "ftp-refused": N_("the file store refused: {reason}"),
    "handle-unknown": N_("{handle} is no message of this adapter"),
    "id-absent": N_("no element with the Id {reference}"),
    "id-duplicate": N_("the Id {reference} stands more than once"),
    "key-algorithm": N_("the key is not GOST R 34.10: {oid}"),
    "key-encrypted": N_("the private key is under a password: take the password off first"),
    "key-malformed": N_("broken key: {reason}"),
    "key-mismatch": N_("the private key is not the one of the certificate"),
    "key-parameters": N_("unknown parameters of a GOST key: {oid}"),
    "not-smev": N_("the root element {name} is not SMEV's"),
    "number-malformed": N_("{value} is not a number of messages"),
    "outcome-unknown": N_("no answer to what was sent, it will be sent again: {reason}"),
    "peer-unreachable": N_("cannot be reached: {reason}"),
    "pem-malformed": N_("broken base64 in the PEM block {label}"),
    "pem-other": N_("the PEM file holds {found} where {wanted} should be"),
    "pruned": N_("the content of {id} was taken out when it was old: there is nothing left to repeat"),
    "reference": N_("the reference {uri} does not name an Id of this message"),
    "reference-elsewhere": N_("the signature is about {reference}, not about the {element} beside it"),
    "request-absent": N_("no request {id} has come"),
    "scheme-retired": N_("GOST R 34.10-2001 is verified, never made: use a key of 2012"),
    "settings-absent": N_("the settings have no section [smev]"),
    "settings-wrong": N_("{problems}"),
    "secret-absent": N_("the secret {reference} cannot be had: the library by itself keeps none"),
    "signature-absent": N_("the signature that must be here is not ({place})"),
    "signature-algorithm": N_("unknown signature algorithm {uri}"),
    "signature-foreign": N_(
        "the signer's answer does not verify with the certificate: another key or byte order"
    ),
    "signature-malformed": N_("broken signature: {reason}"),
    "signature-misplaced": N_("a signature stands where SMEV has none"),
    "soap-malformed": N_("a SOAP envelope must have one body with one element in it"),
    "statistics-absent": N_("SMEV {version} tells no statistics of queues, only 1.1 does"),
    "store-broken": N_("{path}: {reason}"),
    "store-empty": N_("no certificates (*.pem, *.crt, *.cer, *.der) in {path}"),
    "store-unreadable": N_("cannot read {path}: {reason}"),
    "store-unusable": N_("the store {path} cannot be used: {reason}"),
    "stray": N_("text or attributes in {name} that nobody signed and no schema allows"),
    "target-absent": N_("nothing in this message that such a signature is about ({place})"),
    "target-ambiguous": N_("{count} elements that the signature could be about, there must be one"),
    "target-without-id": N_("the element to sign has no Id: give it one, or name one with --id"),
    "token-absent": N_("there is no token {token} ({reason}): put it in"),
    "token-certificate": N_(
        "the token holds {count} certificates for this key, there must be one: name the certificate's file"
    ),
    "token-choice": N_("{count} tokens fit {token}, there must be one; connected: {found}"),
    "token-failed": N_("the token {token} failed: {reason}"),
    "token-key": N_("{count} GOST keys of the token fit {key}, there must be one; it holds: {found}"),
    "token-library": N_("tokens need the extra pkcs11: pip install sedlink[pkcs11]"),
    "token-mechanism": N_("the token cannot sign by {scheme}: it has no mechanism {mechanism}"),
    "token-module": N_("the token's library {path} does not start: {reason}"),
    "token-pin": N_("the token {token} did not take the PIN ({reason}); it is not tried again"),
    "token-pin-last": N_(
        "one more wrong PIN locks the token {token}: log in to it once by its maker's program, then go on"
    ),
    "token-uri": N_("the address of the key on a token: {reason}"),
    "transport-lacks": N_("this way to SMEV has no {what}"),
    "transforms": N_("the transforms are not the ones SMEV prescribes: {uris}"),
    "unsigned": N_("the message holds no signatures"),
    "url-malformed": N_("{url}: write an address like https://smev.example.org/ws"),
    "url-plain": N_("{url}: http sends messages in clear; plain_http = true if the network is protected"),
    "version-mixed": N_("elements of different versions of SMEV around the signature"),
    "xml-refused": N_("{reason}"),
}

# Reasons that are sentences themselves, as the library writes them.
REASONS = frozenset(
    (
        N_("it does not hold"),
        N_("its CMS has no signers"),
        N_("its CMS signature does not hold"),
        N_("its CMS signs other bytes"),
        N_("its digest is not the one in the message"),
        N_("its path in the file store has control characters"),
        N_("the message does not say where it is"),
        N_("the package is cut off"),
    )
)

VERDICTS = {
    "pinned": N_("the certificate is in the store"),
    "chain": N_("signed by an authority of the store"),
    "expired": N_("NOT trusted: the certificate has expired"),
    "not-yet-valid": N_("NOT trusted: the certificate is not valid yet"),
    "issuer-expired": N_("NOT trusted: the authority's certificate is not valid at this moment"),
    "not-for-signing": N_("NOT trusted: the key usage does not allow signatures"),
    "unknown-issuer": N_("NOT trusted: the store does not know the authority"),
    "forged": N_("NOT trusted: the authority of that name did not sign the certificate"),
}


def explain(error: SmevError) -> str:
    """Return the error in the language of the moment."""
    fields = {name: _(value) if value in REASONS else value for name, value in error.fields.items()}
    return _(WORDING[error.code]).format(**fields)


def verdict(found: Verdict | None) -> str:
    """Return what the store says, in the language of the moment; None: there was no store."""
    return _(VERDICTS[found.code]) if found else _("not checked: no store of certificates was given")
