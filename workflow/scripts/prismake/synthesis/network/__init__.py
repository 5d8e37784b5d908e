"""Network meta-analysis: the statistics, and the step that writes a network of the review with its figures."""
