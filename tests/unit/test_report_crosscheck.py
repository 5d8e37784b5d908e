"""What the report says of two engines: how many figures agree, how far they are apart, and what was not compared."""

from types import SimpleNamespace
from typing import Any

from crosscheck_cases import outcome
from prismake.report.sections.crosscheck import crosscheck, sentence


def material(rows: list[dict[str, str]]) -> Any:
    config = SimpleNamespace(outcomes={"healing": outcome("OR")})
    return SimpleNamespace(config=config, crosschecks={"healing": rows} if rows else {})


def section(rows: list[dict[str, str]]) -> str:
    return crosscheck(material(rows)).replace("\\", "")


def figure(quantity: str, ours: str, theirs: str, difference: str, agrees: str = "yes", **more: str) -> dict[str, str]:
    said = {"analysis": "main", "label": "Main analysis", "note": "", "made_by": "metafor 3.8.1, R 4.2.2"}
    numbers = {"ours": ours, "metafor": theirs, "difference": difference, "kind": "closed", "tolerance": "1e-06"}
    return said | numbers | {"quantity": quantity, "agrees": agrees} | more


AGREED = [
    figure("estimate", "5.6", "5.6", "0.0"),
    figure("ci_low", "1.05", "1.05", "2e-16"),
    figure("ci_high", "29.9", "29.9", "0.0"),
    figure("tau2", "0.1", "0.1", "3e-12"),
]


def not_compared(analysis: str, label: str, quantity: str, note: str) -> dict[str, str]:
    return figure(quantity, "", "", "", "not compared", analysis=analysis, label=label, note=note, kind="")


def test_it_says_that_all_figures_agree_and_how_far_they_differ() -> None:
    said = section(AGREED)
    assert "All 4 figures that were compared agree." in said
    assert (
        "4 were held to a relative difference of 10⁻⁶; the largest is 3×10⁻¹² (Healing, main analysis: tau²)." in said
    )
    assert (
        "| Healing | main analysis | 5.6000 (1.05 to 29.90), tau² 0.1000 | 5.6000 (1.05 to 29.90), tau² 0.1000 |"
        in said
    )
    assert "crosscheck-differing" not in said
    assert "crosscheck-left" not in said
    assert "metafor 3.8.1, R 4.2.2" in sentence(material(AGREED)).replace("\\", "")


def test_a_tolerance_of_its_own_is_named_with_its_reason() -> None:
    searched = figure("yi", "1", "1.00001", "1e-5", analysis="model:UM.FS", label="Binomial-normal", kind="counts")
    said = section([*AGREED, searched])
    assert "1, of mixed models of counts, as R's lme4" in said
    assert "was held to a relative difference of 10⁻⁴; the largest is 10⁻⁵ (Healing, binomial-normal: effect)." in said


def test_it_lists_every_figure_that_differs() -> None:
    one = "given by one engine only"
    differing = [
        figure("se", "0.5", "0.4", "0.25", "no"),
        figure("tau2_high", "", "7.5", "", "no", analysis="without:r1", label="Study 1", note=one),
    ]
    said = section(AGREED + differing)
    assert "Of 6 figures that were compared 4 agree; **2 do not**, and stand in @tbl-crosscheck-differing." in said
    assert "| Healing | main analysis | standard error | 0.5 | 0.4 |" in said
    assert (
        "| Healing | without Study 1 | upper end of the interval of tau² | none | 7.5 | given by one engine only |"
        in said
    )


def test_it_says_what_was_not_compared_and_why() -> None:
    left = [
        not_compared("without:r1", "Study 1", "se", "no clubSandwich"),
        not_compared("without:r2", "Study 2", "se", "no clubSandwich"),
        not_compared("without:r2", "Study 2", "pval", "no clubSandwich"),
        not_compared("model:UM.RS", "Binomial-normal (UM.RS)", "", "Laplace only"),
        not_compared("regression:dose", "Dose", "permutation_pval", "by lot"),
        not_compared("wald", "Wald interval", "estimate", "metafor gave no answer: broken"),
        not_compared("wald", "Wald interval", "tau2", "metafor gave no answer: broken"),
    ]
    said = section(AGREED + left)
    assert "All 4 figures that were compared agree." in said
    assert "7 figures could not be compared, for the reasons in @tbl-crosscheck-left." in said
    assert "| Healing | analyses without one study | standard error (2) and p value | no clubSandwich |" in said
    assert "| Healing | binomial-normal (UM.RS) | all | Laplace only |" in said
    assert "| Healing | Wald interval | all | metafor gave no answer: broken |" in said
    assert "| Healing | meta-regression, dose | p value by permutation | by lot |" in said


def test_an_interval_that_was_not_compared_is_not_called_not_estimable() -> None:
    lacking = [
        figure("estimate", "5.6", "5.6", "0.0"),
        figure("ci_low", "1.05", "", "", "not compared", note="no clubSandwich"),
        figure("tau2", "0.1", "0.1", "0.0"),
    ]
    assert "| 5.6000 (not compared), tau² 0.1000 |" in section(lacking)


def test_it_is_silent_where_no_second_engine_was_asked() -> None:
    assert (section([]), sentence(material([]))) == ("", "")
