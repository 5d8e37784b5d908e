"""What a cell of a table that people edit may hold, and the base of every row."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?")


def _written(form: re.Pattern[str], expected: str) -> BeforeValidator:
    """Numbers as people write them: Python would also take 5_4.8, nan and digits of other scripts."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and not form.fullmatch(value.strip()):
            raise ValueError(expected)
        return value

    return BeforeValidator(check)


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


_BLANK = BeforeValidator(_none_if_blank)
Filled = Annotated[str, Field(min_length=1)]
Finite = Annotated[float, Field(allow_inf_nan=False), _written(_DECIMAL, "a number")]
Number = Annotated[Finite | None, _BLANK]
Count = Annotated[Annotated[int, Field(ge=0), _written(_WHOLE, "a whole number")] | None, _BLANK]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class Row(BaseModel):
    """One row of a table that a person edits."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
    _line: int = PrivateAttr(default=0)
    _extra: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def line(self) -> int:
        """The line of the file on which the row begins (the header is line 1)."""
        return self._line

    @property
    def extra(self) -> dict[str, Any]:
        """The values of columns that the review's own configuration declares."""
        return self._extra
