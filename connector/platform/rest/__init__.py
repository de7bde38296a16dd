"""The platform over REST (platform.md section 1): the main channel."""

from connector.platform.profiles import ProfileError
from connector.platform.rest.access import Timeouts
from connector.platform.rest.adapter import RestPlatform
from connector.platform.rest.profile import Profile, default_profile, load_profile

__all__ = ["Profile", "ProfileError", "RestPlatform", "Timeouts", "default_profile", "load_profile"]
