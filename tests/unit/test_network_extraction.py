"""Networks of a review: which arms enter, and what is refused."""

import pytest
from network_cases import outcome
from prismake.config import Config
from prismake.extraction.networks import NETWORK_ARMS, arms_of_network
from prismake.extraction.pairs import check_pairs
from prismake.extraction.read import Extraction
from prismake.people import Arm, Contrast, Extracted, Study
from prismake.problems import InputError
from pydantic import ValidationError

ARMS = [Arm(study_id=s, arm=t, label=t.upper(), treatment={"a": "Drug A", "b": "Drug B", "c": "Placebo"}[t])
        for s in ("one", "two") for t in "abc"]  # fmt: skip


def row(study="one", treatment="a", line=2, **more):
    own = {"study_id": study, "outcome": "cessation", "arm": treatment, "timepoint": "12 weeks", "weeks": "12",
           "unit_of_analysis": "patient", "events": "3", "n": "10", "pool": "yes", "status": "stated", "source": "x",
           "place": "y"}  # fmt: skip
    made = Extracted(**own | more)
    made._line = line
    return made


def chosen(rows, arms=ARMS, included=("one", "two"), **of_outcome):
    studies = [Study(study_id=s, label=s.title(), design="randomised", records="x") for s in ("one", "two")]
    extraction = Extraction(studies, [], rows, [], {})
    return arms_of_network(extraction, arms, "cessation", outcome(**of_outcome), included)


def refused(rows, **more):
    with pytest.raises(InputError) as caught:
        chosen(rows, **more)
    return str(caught.value)


class TestArms:
    def test_the_arms_of_included_studies_enter_with_their_treatments(self):
        found = chosen([row("one", "c"), row("one", "a"), row("two", "b"), row("two", "c")], included=("one",))
        assert [(r["study_id"], r["treatment"], r["use"]) for r in found] == [
            ("one", "Drug A", "main"), ("one", "Placebo", "main")
        ]  # fmt: skip
        assert all(r.keys() == NETWORK_ARMS.keys() for r in found)

    def test_one_time_point_and_unit_is_chosen_as_for_pairs(self):
        rows = [
            row("one", treatment, timepoint=f"{weeks} weeks", weeks=str(weeks), unit_of_analysis=unit)
            for weeks, unit in ((4, "patient"), (12, "patient"), (24, "ulcer"))
            for treatment in "ac"
        ]
        accepted = {"units_of_analysis": ["patient", "ulcer"]}
        assert {r["timepoint"] for r in chosen(rows, **accepted)} == {"12 weeks"}
        assert {r["timepoint"] for r in chosen(rows, timepoint="shortest", **accepted)} == {"4 weeks"}
        assert "config.yaml, outcomes.cessation: found one with figures by patient and ulcer" in refused(rows)

    def test_a_time_point_of_one_arm_does_not_stand_in_the_way_of_one_of_three(self):
        rows = [row("one", t) for t in "abc"] + [row("one", "a", timepoint="24 weeks", weeks="24")]
        assert [r["weeks"] for r in chosen(rows)] == [12, 12, 12]

    def test_figures_for_sensitivity_are_told_apart_and_those_not_to_be_pooled_left(self):
        rows = [row("one", "a"), row("one", "c"), row("two", "a", pool="sensitivity"), row("two", "c", pool="no")]
        assert [(r["study_id"], r["use"]) for r in chosen(rows)] == [
            ("one", "main"), ("one", "main"), ("two", "sensitivity")
        ]  # fmt: skip

    def test_an_arm_without_a_treatment_is_refused(self):
        bare = [Arm(study_id="one", arm=t, label=t) for t in "ac"]
        bare[0]._line = 5
        said = refused([row("one", "a"), row("one", "c")], arms=bare)
        assert "review/arms.csv, line 5, column treatment: found no treatment for the arm 'a' of one" in said

    def test_treatments_that_differ_in_case_or_spaces_alone_are_refused(self):
        arms = [
            Arm(study_id="one", arm="a", label="A", treatment="Placebo"),
            Arm(study_id="one", arm="c", label="C", treatment="placebo "),
        ]
        assert "found 'placebo', and 'Placebo' in line 0; expected one way to write a treatment" in refused(
            [], arms=arms
        )

    def test_a_study_with_one_arm_is_refused(self):
        said = refused([row("one", "a", 7), row("one", "c", 8, timepoint="other")])
        assert "cessation.csv, line 7: found figures of one for one arm only" in said

    def test_two_arms_of_one_treatment_are_to_be_combined(self):
        arms = [Arm(study_id="one", arm=t, label=t, treatment="Drug A" if t != "c" else "Placebo") for t in "abc"]
        said = refused([row("one", "a", 2), row("one", "b", 3), row("one", "c", 4)], arms=arms)
        assert "line 3, column arm: found a second arm of one with 'Drug A' (b; a in line 2)" in said
        assert "Combine the arms" in said

    def test_time_points_that_cannot_be_compared_are_refused(self):
        rows = [
            row("one", t, timepoint=time, weeks=weeks) for time, weeks in (("early", ""), ("late", "9")) for t in "ac"
        ]
        assert "one at early and late with weeks that are empty or differ between arms" in refused(rows)
        rows = [row("one", t, timepoint=time) for time in ("12 weeks", "3 months") for t in "ac"]
        assert "one at 12 weeks and 3 months, which are of one week" in refused(rows)

    def test_arms_of_a_study_are_scored_on_one_scale(self):
        said = refused([row("one", "a"), row("one", "c", 3, reversed="yes")], measure="MD")
        assert "line 3, column reversed: found 'yes', and an empty cell in line 2" in said
        assert {r["reversed"] for r in chosen([row("one", t, reversed="yes") for t in "ac"], measure="MD")} == {True}

    def test_a_unit_that_the_outcome_does_not_accept_is_refused(self):
        said = refused([row("one", "a"), row("one", "c")], units_of_analysis=["ulcer"])
        assert "column unit_of_analysis: found 'patient'" in said

    def test_an_arm_that_no_contrast_names_may_be_there_for_the_network(self):
        rows = [row("one", "a"), row("one", "b"), row("one", "c")]
        named = [Contrast(comparison="help", study_id="one", arm_1="a", arm_2="c")]
        with pytest.raises(InputError, match="which no contrast of one names"):
            check_pairs(rows, {"cessation": outcome()}, named)
        check_pairs(rows, {"cessation": outcome()}, named, {"cessation"})


class TestConfig:
    def config(self, of_outcome=None, **of_network):
        of_outcome = of_outcome or {}
        own = {"label": "L", "outcome": "cessation", "reference": "Placebo"}
        return Config(
            review={"title": "T", "date": "2025-01-01"},
            comparisons={"help": {"label": "L", "intervention": "I", "comparator": "C"}},
            outcomes={"cessation": outcome().model_dump(exclude_defaults=True) | of_outcome},
            networks={"net": own | of_network},
        )

    def test_a_network_has_the_method_of_netmeta_unless_told_otherwise(self):
        assert self.config().networks["net"].method == "DL"
        assert Config(review={"title": "T", "date": "2025-01-01"}).networks == {}

    @pytest.mark.parametrize(
        ("of_network", "message"),
        [
            ({"outcome": "death"}, "networks.net.outcome: found 'death', which is not in outcomes"),
            ({"method": "PM"}, "DL"),
            ({"reference": ""}, "at least 1 character"),
            ({"of_outcome": {"measure": "PETO"}}, "whose measure is PETO; expected one of OR, RR"),
            ({"of_outcome": {"measure": "SMD", "variance": "UB"}}, "whose variance is UB; expected variance LS"),
        ],
    )
    def test_faults_are_named(self, of_network, message):
        with pytest.raises(ValidationError, match=message):
            self.config(**of_network)
