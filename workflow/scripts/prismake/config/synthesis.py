"""The statistics of every synthesis, by the names of Cochrane and metafor."""

from typing import Literal

from pydantic import Field, model_validator

from .base import Key, Section, Text

Method = Literal["EE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM"]
OtherModel = Literal[
    "EE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM", "MH", "PETO", "UM.FS", "UM.RS", "CM.AL", "CM.EL", "UM",
]  # fmt: skip
AsymmetryTest = Literal[
    "egger", "thompson_sharp", "begg", "macaskill", "pustejovsky", "peters", "harbord", "debray",
]  # fmt: skip


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
            raise ValueError(f"df k-2 with from_k {self.from_k}; expected from_k of at least 3")
        return self


class ZeroCells(Section):
    """Zero cells of two-by-two tables, in metafor's words."""

    add: float = Field(0.5, ge=0)
    to: Literal["only0", "all", "if0all", "none"] = "only0"
    drop00: bool = True


Figure = Literal[
    "subgroups", "leave_one_out", "funnel", "bubble", "cumulative", "labbe", "radial", "baujat", "influence", "gosh",
]  # fmt: skip


class SmallStudies(Section):
    """Small-study effects: tests of asymmetry, and estimates that allow for it."""

    tests: Literal["recommended"] | list[AsymmetryTest] = Field(
        "recommended", description="recommended: the test that suits the measure of each outcome; or tests by name"
    )
    from_k: int = Field(10, ge=3, description="smallest number of studies")
    trim_and_fill: Literal["L0", "R0", "Q0", "none"] = "L0"
    pet_peese: bool = False
    selection: bool = Field(False, description="the three-parameter selection model")
    fail_safe: Literal["rosenthal", "rosenberg", "none"] = "none"


class Regression(Section):
    """Meta-regression on each of the moderators, and on several together."""

    together: list[list[Key]] = Field([], description="models of several moderators at once, each a list of their keys")
    studies_per_coefficient: int = Field(10, ge=1, description="smallest number of studies for each coefficient")
    permutations: int = Field(0, ge=0, description="permutations of the studies for further p-values; 0: none")
    seed: int = Field(1, ge=0)


class Gosh(Section):
    """The estimate of every subset of the studies."""

    up_to_k: int = Field(0, ge=0, description="largest number of studies; 0: never")
    subsets: int = Field(2000, ge=1, description="by lot where there are more than 12 studies")
    seed: int = Field(1, ge=0)


class Synthesis(Section):
    """The statistical model of every synthesis."""

    method: Method = "REML"
    interval: Literal["HKSJ", "Wald", "t"] = "HKSJ"
    tau2_interval: Literal["QP", "GENQ", "PL"] = Field(
        "QP", description="Q-profile, generalised Q, or profile likelihood (ML and REML only)"
    )
    pooled: Text = Field("", description="in words: what is pooled, and what only in the sensitivity analysis")
    level: float = Field(0.95, gt=0.5, lt=1)
    hartung_knapp: HartungKnapp = HartungKnapp()
    prediction: Prediction = Prediction()
    zero_cells: ZeroCells = ZeroCells()
    shared_comparator: Literal["error", "split"] = "error"
    dependent: Literal["error", "multilevel", "robust"] = Field(
        "error", description="several results of one study: an error, three levels, or these with robust tests (CR2)"
    )
    correlation: float = Field(
        0.5, ge=0, lt=1, description="assumed of sampling errors of the same people at other time points or units"
    )
    subgroup_studies: int = Field(2, ge=1, description="smallest number of studies in each of two or more groups")
    subgroup_tau2: Literal["separate", "common"] = "separate"
    compare: list[OtherModel] = Field(["EE", "MH"], description="models beside the main one, where they apply")
    small_studies: SmallStudies = SmallStudies()
    cumulative: str = Field(
        "none", description="none, year (of the first report), or a characteristic that is a number"
    )
    influence_from: int = Field(3, ge=3, description="smallest number of studies for diagnostics of influence")
    regression: Regression = Regression()
    gosh: Gosh = Gosh()
    figures: list[Figure] = Field(
        ["subgroups", "leave_one_out", "funnel", "bubble"],
        description="drawn, and shown in the report, beside the forest plot",
    )
    funnel_from: int = Field(3, ge=2, description="smallest number of studies for a funnel plot")

    @model_validator(mode="after")
    def _profile_likelihood_has_a_likelihood(self) -> "Synthesis":
        if self.tau2_interval == "PL" and self.method not in ("ML", "REML"):
            raise ValueError(
                f"tau2_interval PL with method {self.method}; expected method ML or REML, which have a likelihood"
            )
        return self

    @model_validator(mode="after")
    def _dependence_is_modelled_once(self) -> "Synthesis":
        if self.dependent == "error":
            return self
        if self.shared_comparator == "split":
            raise ValueError(f"shared_comparator split and dependent {self.dependent}; expected one of the two")
        if self.method not in ("REML", "ML"):
            raise ValueError(f"dependent {self.dependent} with method {self.method}; expected method REML or ML")
        return self
