"""Network meta-analyses: all treatments of an outcome compared at once; review/arms.csv says which treatment an arm is."""

from typing import Literal

from pydantic import Field

from .base import Key, Section, Text

MEASURES = ("OR", "RR", "RD", "MD", "SMD", "ROM", "IRR", "IRD")
"""Measures whose contrasts fit together in studies with several arms."""


class Network(Section):
    """One network: the outcome that its studies give, what all is compared with, and the model."""

    label: str
    outcome: Key = Field(description="key of outcomes: its measure, time point, units of analysis and direction hold")
    reference: str = Field(min_length=1, description="the treatment that all others are shown against")
    method: Literal["DL", "REML"] = Field("DL", description="of tau2, which is common to all comparisons")
    level: float | None = Field(None, gt=0.5, lt=1, description="of intervals; that of synthesis otherwise")
    transitivity: Text = Field("", description="in words: why the studies can be compared across their comparisons")
