"""The report: fragments written from the tables of the review, joined by ``report.qmd``, rendered by Quarto or pandoc."""
