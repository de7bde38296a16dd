"""A SMEV 3 bus to talk to: SOAP, the FTP store, the Типовой адаптер and РСМЭВ, with a platform behind it."""
