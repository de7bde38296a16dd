"""The words that the command line takes; nothing heavy is imported for them."""

from enum import StrEnum


class MetricChoice(StrEnum):
    """What can be shown; the same names as metrics.MetricName (a test holds them together)."""

    COUNT = "count"
    OVERDUE = "overdue"
    OVERDUE_SHARE = "overdue-share"
    REPEATED = "repeated"
    NEW = "new"
    MEDIAN_DAYS = "median-days"
    MEDIAN_RATING = "median-rating"


class ByName(StrEnum):
    """Kinds of territory."""

    REGION = "region"
    MUNICIPALITY = "municipality"


class LanguageName(StrEnum):
    """Languages of a page."""

    RU = "ru"
    EN = "en"


class ThemeName(StrEnum):
    """Colours of a picture."""

    LIGHT = "light"
    DARK = "dark"
