"""Extraction: figures checked, and joined to results.

Requires  review/studies.csv, arms.csv, comparisons.csv, citations.csv, extraction/*.csv,
          the standing of reports, the judgements of bias
Makes     results/extraction/figures.csv          one row a figure: value, status, origin, source, place
          results/extraction/results.parquet      one row a study, comparison, outcome, time point and unit of analysis
          results/extraction/rows/<outcome>.parquet what enters the synthesis of an outcome: it depends on this alone
          results/extraction/networks/<network>.parquet  the same for a network: its arms
"""


rule extraction:
    """Target: figures checked and joined to results."""
    input:
        "results/extraction/figures.csv",
        "results/extraction/results.parquet",


rule check_extraction:
    """Check every extracted figure and where it comes from."""
    input:
        studies="review/studies.csv",
        arms="review/arms.csv",
        comparisons="review/comparisons.csv",
        citations="review/citations.csv",
        estimates="review/extraction/estimates.csv",
        tables=EXTRACTION_FILES,
    output:
        figures="results/extraction/figures.csv",
    log:
        "logs/extraction/check_extraction.log",
    benchmark:
        "logs/benchmarks/check_extraction.tsv"
    conda:
        "../../envs/synthesis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings("outcomes", "comparisons", "characteristics"),
        networks=OUTCOME_OF_NETWORK,
        tables=EXTRACTION_FILES,
        code=code("check_extraction"),
    script:
        "../scripts/check_extraction.py"


checkpoint derive_results:
    """Join arms to results and choose what enters each synthesis.

    A checkpoint, because the rows of an outcome may come out as they were: then its synthesis is not run again.
    """
    input:
        figures="results/extraction/figures.csv",
        clusters="results/dedup/clusters.parquet",
        reports="results/dedup/reports.parquet",
        standing="results/screening/standing.parquet",
        judgements="results/bias/judgements.csv",
        aliases="review/decisions/aliases.csv",
        studies="review/studies.csv",
        arms="review/arms.csv",
        comparisons="review/comparisons.csv",
        citations="review/citations.csv",
        estimates="review/extraction/estimates.csv",
        tables=EXTRACTION_FILES,
    output:
        results="results/extraction/results.parquet",
        rows=expand("results/extraction/rows/{outcome}.parquet", outcome=SYNTHESISED),
        arms=expand(
            "results/extraction/networks/{network}.parquet", network=OUTCOME_OF_NETWORK
        ),
    log:
        "logs/extraction/derive_results.log",
    benchmark:
        "logs/benchmarks/derive_results.tsv"
    conda:
        "../../envs/synthesis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings(
            "comparisons", "outcomes", "characteristics", "subgroups", "moderators"
        ),
        cumulative=REVIEW.synthesis.cumulative,
        source_kinds={key: source.kind for key, source in REVIEW.sources.items()},
        shared_comparator=REVIEW.synthesis.shared_comparator,
        dependent=REVIEW.synthesis.dependent,
        tables=EXTRACTION_FILES,
        outcomes=SYNTHESISED,
        networks=OUTCOME_OF_NETWORK,
        code=code("derive_results"),
    script:
        "../scripts/derive_results.py"
