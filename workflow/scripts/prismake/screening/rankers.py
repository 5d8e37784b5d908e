"""What learns from decisions which reports are sought: the protocol of a ranker, and those that come with prismake.

Another ranker is a class with the methods of `Ranker` and an entry in `RANKERS`; config.yaml names it in
``screening.ranking.model``.
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from .linear import SupportVectorMachine

RELEVANT_COST = 0.33
"""What an error on a relevant report costs in the support vector machine; all irrelevant ones share a tenth of the cost of
all relevant ones. As weak as the penalty is strong: with few decisions, weights stay near the mean of what is sought."""
BALANCE = 9.8
"""Cost of all relevant examples to that of all irrelevant ones, as ASReview 3 found it on the sets of SYNERGY."""


class Ranker(Protocol):
    """Learns from examples, and weighs features by what it has learnt.

    A ranker is made anew for each review or simulated run and taught again after each batch; it may begin at what it
    knew. Its answers depend on the examples that it was given and on nothing else: no clock, no unseeded draw, no number of
    cores.
    """

    description: str
    """What the log and the report call it."""

    def teach(self, rows: Any, wanted: Any) -> Any:
        """Learn which reports are sought.

        Parameters
        ----------
        rows : scipy.sparse.csr_array
            The features of the examples, float32; both kinds are among them.
        wanted : array of bool
            Whether each example is relevant.

        Returns
        -------
        array
            A weight for each column, float32. Reports of a higher ``rows @ weights`` come first, and the terms with the
            highest share of it explain why.
        """
        ...


class LinearSVM:
    """A linear support vector machine whose relevant examples count more, the fewer they are among the others."""

    description = "linear support vector machine (squared hinge loss)"

    def __init__(self) -> None:
        self._machine = SupportVectorMachine()

    def teach(self, rows: Any, wanted: Any) -> Any:
        """Learn, from the weights of the last time on."""
        relevant, irrelevant = int(wanted.sum()), int((~wanted).sum())
        cost = np.where(wanted, RELEVANT_COST, RELEVANT_COST * relevant / (BALANCE * irrelevant))
        return self._machine.fit(rows, wanted, cost)


class NaiveBayes:
    """Complement naive Bayes of scikit-learn (Rennie and others 2003): quick, and often good with very few decisions."""

    description = "complement naive Bayes (scikit-learn)"

    def teach(self, rows: Any, wanted: Any) -> Any:
        """Learn from all examples anew; scikit-learn takes no rows without columns, as of texts that share no words."""
        if rows.shape[1] == 0:
            return np.zeros(0, np.float32)
        from sklearn.naive_bayes import ComplementNB  # takes a second to import: only where it is asked for

        weights = ComplementNB().fit(rows, wanted).feature_log_prob_
        return (weights[1] - weights[0]).astype(np.float32)


RANKERS: dict[str, Callable[[], Ranker]] = {"svm": LinearSVM, "naive_bayes": NaiveBayes}
"""``screening.ranking.model`` -> how a ranker is made."""
