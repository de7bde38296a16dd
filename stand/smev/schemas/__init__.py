"""The stand's own schemas and WSDL of the exchange and the adapter: what it accepts and sends."""
