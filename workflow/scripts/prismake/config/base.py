"""What every part of the configuration shares: its base class, and the kinds of its plain values."""

import datetime
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

KEY = r"^[a-z][a-z0-9_]*$"
Key = Annotated[str, Field(pattern=KEY)]


def _blank(value: Any) -> Any:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_blank)]
"""Words of a person; left empty, the report says 'not reported'."""


def _day(value: Any) -> Any:
    if isinstance(value, datetime.date):
        return value
    if not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip())):
        raise ValueError("a date as 2025-11-01")
    try:
        return datetime.date.fromisoformat(value.strip())
    except ValueError as error:
        raise ValueError("a date that exists, as 2025-11-01") from error


Day = Annotated[datetime.date, BeforeValidator(_day)]
"""A date, written as 2025-11-01 and in no other way."""


def _moment(value: Any) -> Any:
    if not (isinstance(value, str) and "T" in value):
        return _day(value)
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", value.strip()):
        raise ValueError("a date as 2025-11-01, or with its time as 2025-11-01T14:30:00Z")
    try:
        return datetime.datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise ValueError("a date and time that exist, as 2025-11-01T14:30:00Z") from error


Moment = Annotated[datetime.datetime | datetime.date, BeforeValidator(_moment)]
"""A date as `Day`, or one with its time and zone, written as 2025-11-01T14:30:00Z."""


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, values keep their type and do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, strict=True)
