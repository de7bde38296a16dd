"""Mayan EDMS of the stand: clerks over REST v4, on a real server or on a small one of our own."""
