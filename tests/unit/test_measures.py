"""The measures of an outcome: from extracted figures to effects, with what is refused and how each is shown."""

import math
from pathlib import Path
from typing import Any, get_args

import pytest
from oracle_cases import shipped
from prismake.config import Comparison, Outcome, Synthesis
from prismake.config.measures import ADDED_TO, FIGURES, ONE_ARM, RATIOS, Measure
from prismake.extraction.rows import DOMAINS
from prismake.synthesis.analyses import analyse
from prismake.synthesis.draw import _main_forest, draw
from prismake.synthesis.effects import MEASURES, UNCORRECTED, inverse_double_arcsine
from prismake.synthesis.run import synthesise
from prismake.synthesis.study_effects import effects
from prismake.synthesis.words import estimate
from prismake.tables import RESULTS

CELLS = Comparison(label="C", intervention="MSC", comparator="Standard care")
THEIRS = {
    "two_by_two": {"events_1": "ai", "n_1": "n1i", "events_2": "ci", "n_2": "n2i"},
    "means": {f"{ours}_{arm}": f"{theirs}{arm}i" for ours, theirs in {"mean": "m", "sd": "sd", "n": "n"}.items()
              for arm in (1, 2)},
    "rates": {"events_1": "x1i", "time_1": "t1i", "events_2": "x2i", "time_2": "t2i"},
    "proportions": {"events_1": "xi", "n_1": "ni"},
}  # fmt: skip
SETS = {
    "two_by_two": "dat.bcg",
    "means": "dat.normand1999",
    "rates": "dat.nielweise2008",
    "proportions": "dat.hannum2020",
}


def outcome(measure: str, **more: Any) -> Outcome:
    values = {"label": "Outcome", "file": "h.csv", "measure": measure, "better": "higher"}
    values |= {} if measure in ONE_ARM else {"comparison": "c"}
    return Outcome.model_validate(values | more)


def result(number: int = 1, **figures: Any) -> dict[str, Any]:
    said = {"result_id": f"r{number}", "study_id": f"s{number}", "label": f"Study {number}", "design": "randomised"}
    more = {"use": "main", "timepoint": "12 weeks", "unit_of_analysis": "patient", "arm_1": "t", "arm_2": "c"}
    return dict.fromkeys(RESULTS) | said | more | {f"bias_{domain}": "" for domain in DOMAINS} | figures


def rows_of(name: str, family: str) -> list[dict[str, Any]]:
    table = shipped(name)[0]
    count = len(next(iter(table.values())))
    return [
        result(i, **{ours: float(table[theirs][i]) for ours, theirs in THEIRS[family].items()}) for i in range(count)
    ]


@pytest.mark.parametrize(
    ("measure", "options", "variant"),
    [(m, {}, "default") for m in get_args(Measure) if FIGURES[m] and m != "PHI"]
    + [("SMD", {"variance": v}, f"vtype_{v}") for v in ("LS", "LS2", "UB")],
)
def test_effects_of_extracted_figures_are_those_of_metafor(measure: str, options: dict[str, Any], variant: str) -> None:
    family = MEASURES[measure].family
    name = SETS[family]
    found = effects(rows_of(name, family), outcome(measure, **options), Synthesis())
    answers = shipped(name)[1]["escalc"][measure][variant]
    zeros = [0.0 in (row["events_1"], row["events_2"]) for row in found]
    kept = [i for i, zero in enumerate(zeros) if not zero or measure in ADDED_TO]
    for ours, theirs in (("yi", "yi"), ("vi", "vi")):
        assert [found[i][ours] for i in kept] == pytest.approx([answers[theirs][i] for i in kept], rel=1e-9)


def test_what_configuration_and_engine_say_of_a_measure_is_the_same() -> None:
    assert set(FIGURES) == set(get_args(Measure))
    assert set(RATIOS) == {measure for measure in FIGURES if MEASURES[measure].ratio}
    assert set(ONE_ARM) == {measure for measure in FIGURES if MEASURES[measure].family == "proportions"}
    counted = {measure for measure in FIGURES if "events" in FIGURES[measure]}
    assert set(ADDED_TO) == counted - set(UNCORRECTED) - {"PETO"}


@pytest.mark.parametrize("measure", ["PETO", "AS", "PHI"])
def test_nothing_is_added_where_a_measure_needs_nothing(measure: str) -> None:
    row = result(events_1=0, n_1=10, events_2=3, n_2=12)
    one, other = (effects([row], outcome(measure), Synthesis(zero_cells={"add": a, "to": "all"})) for a in (0.5, 9.0))
    assert one == other
    assert one[0]["estimable"]


@pytest.mark.parametrize(
    ("measure", "estimable"),
    [("OR", False), ("RR", False), ("PETO", False), ("PHI", False), ("IRR", False), ("RD", True), ("AS", True),
     ("IRD", True)],
)  # fmt: skip
def test_a_study_without_events_gives_differences_and_no_ratio(measure: str, estimable: bool) -> None:
    (found,) = effects(
        [result(events_1=0, n_1=10, time_1=20, events_2=0, n_2=12, time_2=22)], outcome(measure), Synthesis()
    )
    assert (found["estimable"], found["why_not"]) == (estimable, "" if estimable else "no events in either group")


def test_a_rate_is_per_person_time_and_one_person_may_have_several_events() -> None:
    (found,) = effects(
        [result(events_1=30, n_1=10, time_1=20, events_2=60, n_2=12, time_2=20)], outcome("IRR"), Synthesis()
    )
    assert found["effect"] == pytest.approx(0.5)
    assert found["vi"] == pytest.approx(1 / 30 + 1 / 60)


@pytest.mark.parametrize(
    ("figures", "yi", "sei"),
    [
        ({"estimate": 0.5, "ci_low": 0.25, "ci_high": 1.0}, math.log(0.5), math.log(4) / (2 * 1.959963984540054)),
        ({"estimate": 0.5, "se": 0.2}, math.log(0.5), 0.2),
        ({"o_e": -6.0, "v": 12.0}, -0.5, 12**-0.5),
    ],
)
def test_a_hazard_ratio_is_taken_in_each_form_that_reports_have(
    figures: dict[str, float], yi: float, sei: float
) -> None:
    (found,) = effects([result(**figures)], outcome("HR"), Synthesis())
    assert (found["yi"], found["sei"]) == pytest.approx((yi, sei))
    assert found["effect"] == pytest.approx(math.exp(yi))


def test_an_adjusted_estimate_stands_beside_figures_by_arm() -> None:
    rows = [result(1, events_1=8, n_1=20, events_2=3, n_2=20), result(2, estimate=2.0, ci_low=1.0, ci_high=4.0)]
    by_arm, adjusted = effects(rows, outcome("OR", estimates=True), Synthesis())
    assert by_arm["effect"] == pytest.approx(8 * 17 / (12 * 3))
    assert (adjusted["effect"], adjusted["ci_low"]) == pytest.approx((2, 1))
    main = analyse([by_arm, adjusted], outcome("OR"), Synthesis(), {})["main"]
    assert (main.k, main.participants) == (2, None)


@pytest.mark.parametrize("measure", ["MD", "SMD", "SMDH"])
def test_a_scale_that_runs_the_other_way_turns_the_sign(measure: str) -> None:
    figures = {"mean_1": 12, "sd_1": 3, "n_1": 20, "mean_2": 10, "sd_2": 4, "n_2": 30}
    usual, turned = effects([result(1, **figures), result(2, **figures, reversed=True)], outcome(measure), Synthesis())
    assert (turned["yi"], turned["vi"]) == (-usual["yi"], usual["vi"])
    assert turned["ci_low"] == pytest.approx(-usual["ci_high"])


def test_ratios_of_means_can_be_corrected_for_their_bias() -> None:
    row = result(mean_1=12, sd_1=3, n_1=20, mean_2=10, sd_2=4, n_2=30)
    plain, corrected = (effects([row], outcome("ROM", correct=c), Synthesis())[0]["yi"] for c in (False, True))
    assert corrected - plain == pytest.approx((9 / (20 * 144) - 16 / (30 * 100)) / 2)


@pytest.mark.parametrize(
    ("measure", "figures", "columns", "cells", "totals"),
    [
        ("AS", {"events_1": 8, "n_1": 20, "events_2": 3, "n_2": 21},
         ("Events", "Total"), ("8", "20", "3", "21"), ("16", "40", "6", "42")),
        ("IRR", {"events_1": 8, "time_1": 1200.5, "events_2": 3, "time_2": 900},
         ("Events", "Person-time"), ("8", "1,200.50", "3", "900"), ("16", "2,401", "6", "1,800")),
        ("ROM", {"mean_1": 8, "sd_1": 1.5, "n_1": 20, "mean_2": 3, "sd_2": 1, "n_2": 21},
         ("Mean", "SD", "Total"), ("8", "1.5", "20", "3", "1", "21"), ("", "", "40", "", "", "42")),
        ("HR", {"estimate": 0.5, "se": 0.2, "n_1": 20}, ("Total",), ("20", "–"), ("40", "")),
        ("PLO", {"events_1": 8, "n_1": 20}, ("Events", "Total"), ("8", "20"), ("16", "40")),
    ],
)  # fmt: skip
def test_cells_of_a_forest_plot_hold_the_figures_of_the_measure(
    measure: str, figures: dict[str, Any], columns: Any, cells: Any, totals: Any
) -> None:
    named = outcome(measure)
    comparison = None if named.one_arm else CELLS
    studies = effects([result(1, **figures), result(2, **figures)], named, Synthesis())
    plot = _main_forest(studies, analyse(studies, named, Synthesis(), {}), named, comparison, Synthesis())
    assert [arm.columns for arm in plot.columns] == [columns] * (1 if named.one_arm else 2)
    assert [arm.heading for arm in plot.columns] == ([""] if named.one_arm else ["MSC", "Standard care"])
    assert plot.rows[0].cells == cells
    assert plot.overall is not None
    assert plot.overall.cells == totals
    assert plot.ratio == (measure in RATIOS)
    assert plot.null == (None if named.one_arm else 1.0 if measure in RATIOS else 0.0)


@pytest.mark.parametrize(
    ("measure", "unit", "said"),
    [("IRD", "patient-year", "IRD 0.10 per patient-year (95% CI 0.05 to 0.15)"),
     ("GEN", "points", "effect 0.10 points (95% CI 0.05 to 0.15)"),
     ("PETO", "", "Peto OR 0.10 (95% CI 0.05 to 0.15)"),
     ("PLO", "", "proportion 0.10 (95% CI 0.05 to 0.15)"),
     ("SMD", "points", "SMD 0.10 (95% CI 0.05 to 0.15)")],
)  # fmt: skip
def test_estimates_are_said_with_the_unit_of_their_measure(measure: str, unit: str, said: str) -> None:
    found = effects([result(1, estimate=0.1, se=0.02)], outcome("GEN"), Synthesis())
    main = analyse(found, outcome("GEN"), Synthesis(), {})["main"]
    shown = type(main)(**{**vars(main), "estimate": 0.1, "ci_low": 0.05, "ci_high": 0.15})
    assert estimate(shown, measure, 0.95, unit) == said


@pytest.mark.parametrize("measure", ["PHI", "ROM", "IRD", "HR", "PFT"])
@pytest.mark.parametrize("k", [0, 1, 2, 3])
def test_any_kind_of_measure_gives_the_same_files_for_any_number_of_studies(
    tmp_path: Path, measure: str, k: int
) -> None:
    """Identical studies among them: no heterogeneity, and an interval none the less."""
    by_arm = {"events_1": 4, "n_1": 20, "time_1": 40, "mean_1": 5, "sd_1": 2, "events_2": 6, "n_2": 20, "time_2": 40,
               "mean_2": 4, "sd_2": 2}  # fmt: skip
    rows = [result(i, **(by_arm if FIGURES[measure] else {"estimate": 0.5, "se": 0.2})) for i in range(k)]
    named = outcome(measure)
    synthesise(rows, named, Synthesis(), {}, {}, tmp_path)
    draw(tmp_path / "synthesis.json", named, None if named.one_arm else CELLS, Synthesis(), {}, tmp_path)
    figures = {f"{name}.{kind}" for name in ("forest", "funnel", "leave_one_out") for kind in ("svg", "png")}
    made = {path.name for path in tmp_path.iterdir() if path.suffix != ".csv"}
    assert made == figures | {"synthesis.json", "figures.json"}
    main = analyse(effects(rows, named, Synthesis()), named, Synthesis(), {})["main"]
    assert (main is None) == (k == 0)
    if k > 1:
        assert main.tau2 == 0
        assert main.ci_low < main.estimate < main.ci_high


@pytest.mark.parametrize(
    ("measure", "more", "said"),
    [
        ("OR", {"file": "review/extraction/estimates.csv"}, "OR without file; expected file"),
        ("OR", {"comparison": None}, "OR without comparison; expected one"),
        ("PLO", {"comparison": "c"}, "PLO with comparison; expected none"),
        ("MD", {"variance": "UB"}, "variance UB with the measure MD; expected LS"),
        ("MD", {"correct": True}, "correct: true with the measure MD; expected ROM"),
        ("AS", {"estimates": True}, "estimates: true with the measure AS; expected one of HR"),
    ],
)
def test_options_that_do_not_belong_to_a_measure_are_refused(measure: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        outcome(measure, **more)


def test_double_arcsines_are_shown_as_proportions_of_as_many_people() -> None:
    """Each study by its own size, the pooled one by their harmonic mean: 4, and not the limit for large samples."""
    rows = [result(i, events_1=e, n_1=n, label_1="T") for i, (e, n) in enumerate([(0, 2), (3, 4), (3, 12)])]
    made = outcome("PFT")
    studies = effects(rows, made, Synthesis())
    assert [row["effect"] for row in studies] == pytest.approx([0, 3 / 4, 3 / 12])
    main = analyse(studies, made, Synthesis(), {})["main"]
    size = 3 / (1 / 2 + 1 / 4 + 1 / 12)
    assert main.estimate == pytest.approx(float(inverse_double_arcsine(main.yi, size)))
    assert main.estimate != pytest.approx(float(MEASURES["PFT"].back(main.yi)), abs=0.01)
    assert main.ci_low < main.estimate < main.ci_high
