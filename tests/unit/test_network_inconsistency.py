"""Inconsistency by design: what netmeta finds in its own example, and networks whose answer is plain."""

import numpy as np
import pytest
from network_cases import netmeta_contrasts
from prismake.synthesis.network.inconsistency import inconsistency
from prismake.synthesis.network.model import network

SENN = netmeta_contrasts("netmeta_dat.senn2013")


def two_arms(*rows):
    return inconsistency(*zip(*((f"s{n}", *row) for n, row in enumerate(rows)), strict=True))


LOOP = (("A", "B", 0.1, 0.2), ("B", "C", 0.3, 0.2), ("A", "C", 1.4, 0.2))


def test_designs_detached_in_senn2013():
    """As `decomp.design` of netmeta: the designs with sulfonylurea stand out, and 42.16 of Q is within one design."""
    found = inconsistency(*SENN)
    named = {design.treatments: design for design in found.designs}
    assert len(named) == 15
    free = named["rosiglitazone", "sulfonylurea"]
    assert (free.Q_detached, free.df_detached, free.pval_detached) == pytest.approx((6.77, 6, 0.3425), abs=0.005)
    assert named["metformin", "sulfonylurea"].Q_detached == pytest.approx(7.51, abs=0.01)
    assert np.isnan(named["placebo", "sitagliptin"].Q_detached)
    within = named["metformin", "placebo"]
    assert (within.studies, within.Q, within.df) == (3, pytest.approx(42.16, abs=0.005), 2)
    assert sum(design.Q for design in found.designs) == pytest.approx(network(*SENN).Q_het)


def test_the_design_by_treatment_interaction_of_senn2013():
    """As `decomp.design` of netmeta: Q = 2.19 on 7 df, tau within designs 0.3797."""
    found = inconsistency(*SENN)
    assert (found.Q, found.df, found.pval) == pytest.approx((2.19, 7, 0.9483), abs=0.005)
    assert np.sqrt(found.tau2_within) == pytest.approx(0.3797, abs=5e-5)


def test_a_loop_is_as_inconsistent_as_direct_against_indirect():
    found = two_arms(*LOOP)
    z = (1.4 - 0.4) / np.sqrt(3 * 0.2**2)
    assert (found.Q, found.df) == (pytest.approx(z**2), 1)
    assert [design.Q_detached for design in found.designs] == pytest.approx([0, 0, 0], abs=1e-9)
    assert found.heat is not None
    assert found.heat.share == pytest.approx(np.where(np.eye(3), 2 / 3, found.heat.share))
    assert np.abs(found.heat.share[~np.eye(3, dtype=bool)]) == pytest.approx(1 / 3)
    assert found.heat.change.sum(axis=0) == pytest.approx([z**2] * 3)


def test_what_no_other_design_reaches_is_not_set_free():
    found = two_arms(*LOOP, ("C", "D", 0.5, 0.1))
    assert [np.isnan(design.Q_detached) for design in found.designs] == [False, False, False, True]
    assert {(one, two) for _, one, two in found.heat.rows} == {("A", "B"), ("A", "C"), ("B", "C")}


def test_without_a_loop_there_is_nothing_to_compare():
    found = two_arms(*LOOP[:2], ("A", "B", 0.9, 0.2))
    assert (found.df, found.heat) == (0, None)
    assert np.isnan(found.pval)
    assert found.tau2_within == pytest.approx((0.8**2 / 0.08 - 1) * 0.04)


def test_studies_and_their_direction_come_in_any_order():
    rows = list(zip(*SENN, strict=True))
    turned = [(study, two, one, -TE, seTE) for study, one, two, TE, seTE in reversed(rows)]
    before, after = inconsistency(*SENN), inconsistency(*zip(*turned, strict=True))
    assert (before.Q, before.tau2_within) == pytest.approx((after.Q, after.tau2_within))
    assert [d.treatments for d in before.designs] == [d.treatments for d in after.designs]
    assert [d.Q_detached for d in before.designs] == pytest.approx([d.Q_detached for d in after.designs], nan_ok=True)
    assert np.sort(before.heat.change, axis=None) == pytest.approx(np.sort(after.heat.change, axis=None))
