"""The benchmark of stopping rules: its binomial test, and its table."""

import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import stopping


def test_so_few_is_the_binomial_distribution():
    assert stopping.so_few(1, 2, 0.5) == pytest.approx(0.75)
    assert stopping.so_few(10, 10, 0.95) == pytest.approx(1)
    assert stopping.so_few(930, 1000, 0.95) < 0.01 < stopping.so_few(940, 1000, 0.95)


def test_a_line_says_how_many_runs_reach_the_aim(capsys):
    rows = [
        {"rule": "test, recall of 90 % with 95 % confidence", "recall": str(r), "saved": "0.5"} for r in (1, 0.9, 0.8)
    ]
    rows += [{"rule": "a habit", "recall": "0.2", "saved": "0.9"}]
    stopping.report(rows)
    _, test, habit = capsys.readouterr().out.splitlines()
    assert test.split()[-7:] == ["3", "2", "0.667", "0.143", "0.900", "0.800", "0.500"]
    assert habit.split()[-7:] == ["1", "0", "0.000", "-", "0.200", "0.200", "0.900"]
