"""PRISMA: what became of every entry, and the flow diagram.

Requires  the tables of search, dedup, screening and extraction
Makes     results/prisma/ledger.csv, ledger.parquet   one row an entry ever read
          results/prisma/results.csv                  one row a study, comparison, outcome, time point and unit
          results/prisma/flow.svg, flow.png, flow.csv the PRISMA 2020 flow diagram and its numbers
"""


rule prisma:
    """Target: the ledger, which must add up, and the flow diagram."""
    input:
        "results/prisma/ledger.csv",
        "results/prisma/results.csv",
        expand("results/prisma/flow.{kind}", kind=["csv", *DRAWN]),


rule build_ledger:
    """Say what became of every entry, and draw the flow diagram from it."""
    input:
        records="results/search/records.parquet",
        rejects="results/search/rejects.parquet",
        accounts="results/search/exports.parquet",
        clusters="results/dedup/clusters.parquet",
        standing="results/screening/standing.parquet",
        results="results/extraction/results.parquet",
        studies="review/studies.csv",
        aliases="review/decisions/aliases.csv",
    output:
        ledger="results/prisma/ledger.parquet",
        ledger_csv="results/prisma/ledger.csv",
        results_csv="results/prisma/results.csv",
        flow_csv="results/prisma/flow.csv",
        svg="results/prisma/flow.svg",
        png="results/prisma/flow.png",
    log:
        "logs/prisma/build_ledger.log",
    benchmark:
        "logs/benchmarks/build_ledger.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        settings=REVIEW.model_dump(
            mode="json",
            include={
                "sources": {"__all__": {"name", "kind", "method", "searches"}},
                "eligibility": {"reasons"},
                "characteristics": {"__all__": {"label", "type"}},
            },
        ),
        code=code("build_ledger"),
    script:
        "../scripts/build_ledger.py"
