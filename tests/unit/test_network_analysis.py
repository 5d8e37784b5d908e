"""The analysis of a network: what it must share with pairwise synthesis, what does not matter, and what it writes."""

import itertools
import json
import math

import pytest
from network_cases import arm, declared, outcome, rows_of, smoking
from prismake.config import Synthesis
from prismake.problems import InputError
from prismake.synthesis.analyses import analyse as analyse_pairs
from prismake.synthesis.network.analysis import analyse
from prismake.synthesis.network.run import synthesise_network
from prismake.synthesis.study_effects import effects

FIGURES = ("graph", "forest", "split", "heat")


def analysed(rows, network=None, measure="OR", better="higher", **settings):
    return analyse("smoking", rows, network or declared(), outcome(measure, better), Synthesis(**settings))


def by_pair(found):
    return {(r["treatment_1"], r["treatment_2"]): r for r in found["comparisons"]}


def figures(arms, pair):
    """The figures of two treatments as a row of a pairwise synthesis has them."""
    of = {one["treatment"]: one for one in arms}
    return {f"{name}_{n}": of[treatment][name] for n, treatment in enumerate(pair, 1) for name in ("events", "n")}


class TestAnalysis:
    def test_another_reference_turns_the_same_estimates_round(self):
        one, two = (analysed(rows_of(smoking()), declared(name)) for name in ("no_contact", "self_help"))
        ours, theirs = by_pair(one)["self_help", "no_contact"], by_pair(two)["no_contact", "self_help"]
        assert ours["estimate"] * theirs["estimate"] == pytest.approx(1)
        assert (ours["ci_low"], ours["pi_high"]) == pytest.approx((1 / theirs["ci_high"], 1 / theirs["pi_low"]))
        assert (ours["direct"], ours["difference"]) == pytest.approx((1 / theirs["direct"], 1 / theirs["difference"]))
        assert ours["difference_z"] == pytest.approx(-theirs["difference_z"])
        ranks = [[(r["treatment"], pytest.approx(r["p_score"])) for r in found["ranking"]] for found in (one, two)]
        assert ranks[0] == ranks[1]
        assert one["heterogeneity"] == pytest.approx(two["heterogeneity"])

    def test_studies_and_treatments_come_in_any_order(self):
        rows = rows_of(smoking())
        assert analysed(rows) == analysed(rows[::-1])
        renamed = [r | {"treatment": {"no_contact": "zz"}.get(r["treatment"], r["treatment"])} for r in rows]
        before, after = by_pair(analysed(rows)), by_pair(analysed(renamed, declared("zz")))
        for (one, two), pair in before.items():
            other = after[one, {"no_contact": "zz"}.get(two, two)]
            assert [pair[k] for k in ("estimate", "se", "direct", "pval")] == pytest.approx(
                [other[k] for k in ("estimate", "se", "direct", "pval")]
            )

    @pytest.mark.parametrize("method", ["DL", "REML"])
    def test_two_treatments_are_the_pairwise_analysis_with_wald_intervals(self, method):
        pair = ("ind_counseling", "no_contact")
        two = {study: kept for study, arms in smoking().items()
               if len(kept := [a for a in arms if a["treatment"] in pair]) == 2}  # fmt: skip
        (network,) = analysed(rows_of(two), declared(method=method))["comparisons"]
        rows = [
            dict.fromkeys(("result_id", "study_id", "label", "design", "outcome"), study)
            | {"use": "main"}
            | figures(arms, pair)
            for study, arms in two.items()
        ]
        settings = Synthesis(method=method, interval="Wald")
        main = analyse_pairs(effects(rows, outcome(), settings), outcome(), settings, {})["main"]
        assert len(two) == main.k == network["studies"] == 15
        assert (network["estimate"], network["ci_low"], network["ci_high"]) == pytest.approx(
            (main.estimate, main.ci_low, main.ci_high), rel=1e-6
        )
        assert network["indirect"] is None

    def test_prediction_intervals_use_t_with_the_degrees_of_freedom_of_q(self):
        found = analysed(rows_of(smoking()))
        pair, tau2 = by_pair(found)["self_help", "no_contact"], found["heterogeneity"]["tau2"]
        half = 2.0686576104 * math.sqrt(pair["se"] ** 2 + tau2)  # t of 23 degrees of freedom
        assert (pair["pi_low"], pair["pi_high"]) == pytest.approx(
            (math.exp(pair["yi"] - half), math.exp(pair["yi"] + half))
        )
        line = {"one": smoking()["1"], "two": smoking()["11"]}
        assert {r["pi_low"] for r in analysed(rows_of(line))["comparisons"]} == {None}

    def test_the_better_treatment_has_the_higher_p_score_whichever_side_is_better(self):
        rows = rows_of(smoking())
        up, down = analysed(rows, better="higher"), analysed(rows, better="lower")
        assert [r["treatment"] for r in up["ranking"]] == [r["treatment"] for r in down["ranking"][::-1]]
        assert up["ranking"][-1]["treatment"] == "no_contact"
        assert [r["rank"] for r in up["ranking"]] == [1, 2, 3, 4]

    def test_the_level_is_that_of_the_network_or_of_the_synthesis(self):
        rows = rows_of(smoking())
        widths = [
            by_pair(found)["self_help", "no_contact"]["ci_high"]
            for found in (analysed(rows), analysed(rows, level=0.9), analysed(rows, declared(level=0.99), level=0.9))
        ]
        assert widths[1] < widths[0] < widths[2]

    def test_means_and_their_league(self):
        rows = [
            arm(study, treatment, mean=mean, sd=2.0, n=20)
            for study, means in {"s": {"A": 1.0, "B": 2.0, "C": 4.0}, "t": {"A": 1.5, "B": 2.0}}.items()
            for treatment, mean in means.items()
        ]
        found = analysed(rows, declared("A"), "MD")
        league = dict(
            zip(itertools.product(found["treatments"], repeat=2), itertools.chain(*found["league"]), strict=True)
        )
        assert found["treatments"] == ["B", "C", "A"]
        assert league["A", "A"] is None
        assert league["B", "A"]["estimate"] == pytest.approx(0.75)
        assert league["C", "B"]["estimate"] == pytest.approx(-league["B", "C"]["estimate"])

    def test_studies_without_events_are_left_out_and_named(self):
        rows = rows_of(smoking()) + [arm("none", t, events=0, n=20) for t in ("no_contact", "self_help")]
        found = analysed(rows)
        assert found["left_out"] == [{"label": "None", "why": "no events in any arm"}]
        assert found["heterogeneity"]["k"] == 24

    @pytest.mark.parametrize("k", [0, 1])
    def test_too_few_studies_are_said(self, k):
        studies = dict(list(smoking().items())[:k])
        found = analysed(rows_of(studies))
        assert found["why_not"].startswith("a network needs two studies or more, and ")
        assert "comparisons" not in found

    def test_an_unknown_reference_and_a_network_in_parts_are_refused(self):
        with pytest.raises(
            InputError, match=r"networks.smoking.reference: found 'no contact'; expected a treatment .*no_contact"
        ):
            analysed(rows_of(smoking()), declared("no contact"))
        parts = {study: arms for study, arms in smoking().items() if study in ("1", "16")}
        with pytest.raises(InputError, match="found 2 parts that no study connects: grp_counseling, self_help; ind"):
            analysed(rows_of(parts))


def written(folder, rows, **of_network):
    synthesise_network("smoking", rows, declared(**of_network), outcome(), Synthesis(), folder)
    return json.loads((folder / "network.json").read_text("utf-8"))


def test_a_network_writes_the_same_files_and_bytes_each_time(tmp_path):
    rows = rows_of(smoking())
    one, two = (written(tmp_path / name, rows) for name in ("one", "two"))
    assert one["figures"] == list(FIGURES)
    assert one == two
    files = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    none = written(tmp_path / "none", [])
    assert none["figures"] == []
    assert files.keys() == {path.name for path in (tmp_path / "none").iterdir()}


def test_figures_that_the_data_do_not_allow_say_why(tmp_path):
    rows = [
        arm(f"s{n}", treatment, events=5 + n, n=30)
        for n, pair in enumerate([("no_contact", "A"), ("no_contact", "B")])
        for treatment in pair
    ]
    assert written(tmp_path, rows)["figures"] == ["graph", "forest"]
    assert (tmp_path / "split.svg").stat().st_size > 1000
