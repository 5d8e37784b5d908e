"""Studies with events in two groups, as the synthesis of an outcome takes them."""

import math
from typing import Any

import numpy as np
from prismake.config import Outcome
from prismake.extraction.rows import DOMAINS
from prismake.tables import RESULTS

Row = dict[str, Any]


def outcome(**more: Any) -> Outcome:
    values = {"label": "Healing", "file": "h.csv", "comparison": "c", "measure": "OR", "better": "higher"}
    return Outcome.model_validate(values | more)


def study(number: int, table: tuple[int, int, int, int], **more: Any) -> Row:
    figures = {name: float(n) for name, n in zip(("events_1", "n_1", "events_2", "n_2"), table, strict=True)}
    said = {"result_id": f"r{number:02}", "study_id": f"s{number:02}", "label": f"Study {number:02}", "use": "main"}
    more = {"order": 2000.0 + number, "group_place": "", "moderator_dose": None, "moderator_place": ""} | more
    rest = {"design": "randomised", "timepoint": "1 week", "unit_of_analysis": "patient", "measure": "OR"}
    blank = dict.fromkeys(RESULTS) | {"reversed": False, "arm_1": "t", "arm_2": "c"}
    return blank | said | rest | figures | more | {f"bias_{domain}": "" for domain in DOMAINS}


def trials(count: int, seed: int = 11) -> list[Row]:
    """Trials in which effects grow with the logarithm of the dose and in small studies."""
    random, rows = np.random.default_rng(seed), []
    for number in range(count):
        n, place = int(random.integers(20, 120)), ("north", "south", "west")[number % 3]
        dose = float(10 ** random.uniform(5, 8))
        odds = math.exp(-0.8 + 0.5 * (math.log10(dose) - 6.5) + 8 / n + random.normal(0, 0.3))
        table = (int(random.binomial(n, odds / (1 + odds))), n, int(random.binomial(n, 0.3)), n)
        rows.append(study(number, table, moderator_dose=dose, moderator_place=place, group_place=place))
    return rows
