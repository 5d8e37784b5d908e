"""Networks that tests share: trials of smoking cessation by arm, rows of arms, and contrasts that netmeta was given."""

import csv
from pathlib import Path

from oracle_cases import SHIPPED, extra_of
from prismake.config import Network, Outcome

ARMS = Path(__file__).parents[1] / "data/hasselblad1998.csv"
"""Hasselblad V. Med Decis Making 1998;18:37-43 (doi 10.1177/0272989X9801800110), as R's package metadat gives it."""


def smoking():
    """Study -> its arms."""
    studies = {}
    with ARMS.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            arm = {"treatment": row["treatment"], "events": int(row["events"]), "n": int(row["n"])}
            studies.setdefault(row["study"], []).append(arm)
    return studies


def netmeta_contrasts(name):
    """The columns of `network` for a set of netmeta's answers."""
    rows = extra_of(name, SHIPPED)["contrasts"]
    return [[row[key] for row in rows] for key in ("studlab", "treat1", "treat2", "TE", "seTE")]


def arm(study, treatment, **figures):
    """One row of `NETWORK_ARMS`."""
    own = {"study_id": study, "label": study.title(), "arm": treatment, "arm_label": treatment, "treatment": treatment}
    place = {
        "timepoint": "12 weeks",
        "weeks": 12.0,
        "unit_of_analysis": "patient",
        "reversed": False,
        "use": "main",
        "converted": "",
    }
    return own | place | {"converted": ""} | dict.fromkeys(("events", "n", "mean", "sd", "median", "percent")) | figures


def rows_of(studies):
    """Rows of arms of `smoking` or what is like it."""
    return [arm(study, **figures) for study, arms in studies.items() for figures in arms]


def declared(reference="no_contact", **more):
    return Network(label="Smoking cessation", outcome="cessation", reference=reference, **more)


def outcome(measure="OR", better="higher", **more):
    own = {"label": "Cessation", "file": "review/extraction/cessation.csv", "comparison": "help"}
    return Outcome(**own, measure=measure, better=better, **more)
