"""State data marts through their REST uploader (НСУД, platform.md 4.1): files up, statuses polled to the end.

The transport is real and seen in production clients; the columns of the table are not public: they are a
profile (profile.toml), which the operator of a mart replaces with his own.
"""
