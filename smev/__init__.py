"""SMEV 3 as a library: transform, GOST digest and signature, envelope, attachments, client."""
