"""Effect sizes, pooling models, heterogeneity: the statistics of every synthesis."""
