"""Who read what in screening: the sample that a second reviewer reads, the calibration round, and how reviewers agreed."""

from ...config import Stage
from ...wording import percent
from ..markdown import esc, listed, many, table
from ..material import STAGES, Material
from .front import described


def decided_by(declared: Stage) -> str:
    """How many reviewers decide on a report, and who settles conflicts; markdown."""
    text, notes = many(declared.reviewers, "reviewer"), []
    if declared.second_reads:
        text += f", and by a second one in a random sample of {percent(declared.second_reads)}"
        notes.append(f"seed {declared.seed}")
    if declared.adjudicators and (declared.reviewers > 1 or declared.second_reads or declared.calibration):
        notes.append(f"conflicts settled by {esc(listed(declared.adjudicators))}")
    return f"{text} ({'; '.join(notes)})" if notes else text


def reading(material: Material) -> str:
    """How many reports one and two reviewers have read, and the calibration round, where config.yaml asks for either."""
    said = []
    for stage, words in STAGES.items():
        declared: Stage = getattr(material.config.screening, stage)
        rows = {row["drawn_for"]: row for row in material.readers if row["stage"] == stage}
        if rows and declared.second_reads:
            said.append(_counted(words, list(rows.values())))
        if "calibration" in rows:
            agreed = [row for row in material.agreement if (row["stage"], row["of"]) == (stage, "calibration")]
            said.append(_calibrated(words, declared, rows["calibration"], agreed))
    return esc(" ".join(said)) + "\n" if said else ""


def _counted(stage: str, rows: list[dict[str, str]]) -> str:
    none, one, more = (sum(int(row[f"read_by_{how}"]) for row in rows) for how in ("none", "one", "more"))
    text = f"Of {many(none + one + more, 'report')}, two or more reviewers have read the {stage} of {more:,}"
    return f"{text}, one reviewer of {one:,}" + (f", and no reviewer of {none:,}." if none else ".")


def _calibrated(stage: str, declared: Stage, row: dict[str, str], agreed: list[dict[str, str]]) -> str:
    """The calibration round in a sentence or two."""
    total, complete = int(row["reports"]), int(row["complete"])
    drawn = f"{many(total, 'report')}, drawn at random (seed {declared.seed})"
    if complete < total:
        who = f"{listed(declared.calibrators)} are to read the same {drawn}; all of them have read {complete:,}."
    else:
        who = f"{listed(declared.calibrators)} each read the same {drawn}."
    text = f"In the calibration round on the {stage}, {who}"
    if declared.joined:
        text += f" {listed(declared.joined)} joined later and {'is' if len(declared.joined) == 1 else 'are'} not counted in it."
    if row["before"]:
        counts = [one.rsplit(" ", 1) for one in row["before"].split("; ")]
        each = listed([f"{name} on {many(int(count), 'other report')}" for name, count in counts])
        text += f" Before the last report of the round, {each.replace(' on ', ' decided on ', 1)}."
    return f"{text} {_agreed(agreed[-1])}" if agreed else text  # the last row is that of all, on the coarser scale


def _agreed(row: dict[str, str]) -> str:
    on = "whether a report goes on to its full text" if row["scale"] == "goes on" else "the decision"
    pabak = f", PABAK {_with_interval(row, 'pabak')}" if row["pabak"] else ""
    return (
        f"On {on} they agreed for {int(row['agreed']):,} of {many(int(row['reports']), 'report')}: {_share(row)}, "
        f"{row['statistic']}'s kappa {_with_interval(row, 'kappa')}{pabak}; 95% intervals."
    )


def agreement(material: Material) -> str:
    """The table of how well reviewers agreed; empty where no report has two decisions."""
    rows = [
        [
            esc(STAGES[row["stage"]] + (", calibration round" if row["of"] == "calibration" else "")),
            esc(row["reviewers"].replace("; ", ", ")),
            esc(row["scale"]),
            row["reports"],
            esc(_share(row)),
            esc(_with_interval(row, "kappa")),
            esc(_with_interval(row, "pabak")),
        ]
        for row in material.agreement
    ]
    if not rows:
        return ""
    headings = ["Stage", "Reviewers", "Scale", "Reports", "Agreement (95% CI)", "Kappa (95% CI)", "PABAK (95% CI)"]
    caption = (
        "Agreement before conflicts were settled: where a decision was replaced while another reviewer's differed, the "
        "earlier one counts. As decided: include, unsure and exclude are three categories; goes on: "
        "include and unsure are one. Kappa is Cohen's for two reviewers and Fleiss' for more; PABAK is kappa adjusted for "
        "prevalence and bias; kappa has no interval where all agreed or one reviewer always decided alike"
    )
    named = {name for row in material.agreement for name in row["reviewers"].split("; ")}
    said = described({name: who for name, who in material.config.screening.reviewers.items() if name in named})
    caption += f". Reviewers – {said}" if said else ""
    return table(headings, rows, caption, "agreement", align="lllrlll")


def _share(row: dict[str, str]) -> str:
    return f"{float(row['agreement']):.0%} ({float(row['agreement_low']):.0%} to {float(row['agreement_high']):.0%})"


def _with_interval(row: dict[str, str], name: str) -> str:
    if not row[name]:
        return "not defined"
    if not row[f"{name}_low"]:
        return f"{float(row[name]):.2f} (no interval)"
    return f"{float(row[name]):.2f} ({float(row[f'{name}_low']):.2f} to {float(row[f'{name}_high']):.2f})"
