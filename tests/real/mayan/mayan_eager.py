"""Settings of a real Mayan EDMS for tests: everything in one process, no queue server."""

from mayan.settings.production import *  # noqa: F403 - how Mayan's settings are extended

CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = False
