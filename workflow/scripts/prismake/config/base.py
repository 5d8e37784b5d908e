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


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, values keep their type and do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, strict=True)
