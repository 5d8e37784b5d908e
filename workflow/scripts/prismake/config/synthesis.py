"""The statistics of every synthesis, by the names of Cochrane and metafor."""

from typing import Literal

from pydantic import Field, model_validator

from .base import Section, Text


class HartungKnapp(Section):
    """What happens where the Hartung-Knapp interval misleads."""

    k2: Literal["plain", "floor", "wald"] = "floor"
    tau2_zero: Literal["plain", "floor", "wald"] = "floor"
    q_below_df: Literal["plain", "floor", "wald"] = "floor"


class Prediction(Section):
    """The prediction interval: smallest number of studies, and degrees of freedom of its t quantile."""

    from_k: int = Field(3, ge=2)
    df: Literal["k-1", "k-2"] = "k-1"

    @model_validator(mode="after")
    def _df_is_positive(self) -> "Prediction":
        if self.df == "k-2" and self.from_k < 3:
            raise ValueError("df k-2 needs from_k of at least 3")
        return self


class ZeroCells(Section):
    """Zero cells of two-by-two tables, in metafor's words."""

    add: float = Field(0.5, ge=0)
    to: Literal["only0", "all", "if0all", "none"] = "only0"
    drop00: bool = True


class Synthesis(Section):
    """The statistical model of every synthesis."""

    method: Literal["REML", "ML", "PM", "DL", "EE"] = "REML"
    interval: Literal["HKSJ", "Wald"] = "HKSJ"
    pooled: Text = Field("", description="in words: what is pooled, and what only in the sensitivity analysis")
    level: float = Field(0.95, gt=0.5, lt=1)
    hartung_knapp: HartungKnapp = HartungKnapp()
    prediction: Prediction = Prediction()
    zero_cells: ZeroCells = ZeroCells()
    shared_comparator: Literal["error", "split"] = "error"
    subgroup_studies: int = Field(2, ge=1, description="smallest number of studies in each of two or more groups")
    funnel_from: int = Field(3, ge=2, description="smallest number of studies for a funnel plot")
