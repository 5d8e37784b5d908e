"""Tails and quantiles beside SciPy's."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.synthesis.distributions import (
    chi2_above,
    chi2_quantile,
    normal_above,
    normal_quantile,
    t_above,
    t_quantile,
)
from scipy.special import chdtrc, chdtri, ndtr, ndtri, stdtr, stdtrit

many = settings(max_examples=300, derandomize=True)

degrees = st.one_of(st.integers(1, 3000), st.floats(0.5, 500))
areas = st.one_of(st.floats(1e-6, 0.49), st.sampled_from([0.025, 0.05, 0.005]))


def near(value):
    """To 1e-10 of a number, down to those that no p-value is told from 0 by."""
    return pytest.approx(value, rel=1e-10, abs=1e-280)


@many
@given(degrees, st.floats(0, 60))
def test_tails_of_t(df, t):
    assert t_above(t, df) == near(stdtr(df, -t))


@many
@given(degrees, st.floats(1e-4, 30))
def test_tails_of_chi2(df, ratio):
    assert chi2_above(ratio * df, df) == near(chdtrc(df, ratio * df))


@many
@given(degrees, areas)
def test_quantiles(df, area):
    assert t_quantile(df, area) == near(stdtrit(df, 1 - area) if area > 1e-3 else -stdtrit(df, area))
    assert chi2_quantile(df, area) == near(chdtri(df, area))
    assert chi2_quantile(df, 1 - area) == pytest.approx(chdtri(df, 1 - area), rel=1e-8)
    assert normal_quantile(area) == near(-ndtri(area))


@many
@given(st.floats(0, 37))
def test_tails_of_the_normal_distribution_are_those_of_infinite_df(z):
    assert normal_above(z) == t_above(z, math.inf) == near(ndtr(-z))


def test_limits():
    assert (t_above(math.inf, 3), chi2_above(math.inf, 3), chi2_above(0, 3), t_above(0, 3)) == (0, 0, 1, 0.5)
    assert math.isnan(t_above(math.nan, 3))
    assert math.isnan(chi2_above(math.nan, 3))
    assert t_quantile(math.inf, 0.025) == normal_quantile(0.025) == pytest.approx(1.959963984540054, rel=1e-15)
