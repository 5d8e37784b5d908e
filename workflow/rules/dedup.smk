"""Deduplication: which records are the same report.

Requires  results/search/records.parquet, review/decisions/duplicates.csv, review/decisions/aliases.csv
Makes     results/dedup/clusters.parquet   record -> report, and why
          results/dedup/reports.parquet    one row a report: the best of its records' fields
          results/dedup/merges.csv         every merge with its rule and score
          results/dedup/review.csv         uncertain pairs, for people; answers go to review/decisions/duplicates.csv
          results/dedup/links.csv          pairs that belong together but are no duplicates
          results/dedup/provenance.csv     for each field of a merged report, the record and line that it came from
          results/dedup/aliases.csv        records that a later run gives under another id: for aliases.csv, if right
          results/dedup/explorer.html      the records of merges, uncertain pairs and links side by side
"""


rule dedup:
    """Target: duplicates found, uncertain pairs listed."""
    input:
        "results/dedup/clusters.parquet",
        "results/dedup/review.csv",
        "results/dedup/explorer.html",


PARTS = range(REVIEW.dedup.parts if REVIEW.dedup.parts > 1 else 0)


rule scatter_pairs:
    """Find which records to compare, in parts that jobs share; only where dedup.parts is more than 1."""
    input:
        records="results/search/records.parquet",
    output:
        parts=temp(expand("results/dedup/parts/{part}.met.parquet", part=PARTS)),
        related=temp("results/dedup/parts/registered.parquet"),
    log:
        "logs/dedup/scatter_pairs.log",
    benchmark:
        "logs/benchmarks/scatter_pairs.tsv"
    conda:
        "../../envs/dedup.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        kinds={key: source.kind for key, source in REVIEW.sources.items()},
        code=code("scatter_pairs"),
    script:
        "../scripts/scatter_pairs.py"


rule compare_pairs:
    """Compare one part of the pairs."""
    input:
        records="results/search/records.parquet",
        part="results/dedup/parts/{part}.met.parquet",
    output:
        compared=temp("results/dedup/parts/{part}.compared.parquet"),
        related=temp("results/dedup/parts/{part}.related.parquet"),
    log:
        "logs/dedup/compare_pairs/{part}.log",
    benchmark:
        "logs/benchmarks/compare_pairs/{part}.tsv"
    conda:
        "../../envs/dedup.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        settings=settings("dedup"),
        kinds={key: source.kind for key, source in REVIEW.sources.items()},
        code=code("compare_pairs"),
    script:
        "../scripts/compare_pairs.py"


rule find_duplicates:
    """Find records of the same report, apply people's verdicts, and merge."""
    input:
        compared=expand("results/dedup/parts/{part}.compared.parquet", part=PARTS),
        related=(
            [
                "results/dedup/parts/registered.parquet",
                *expand("results/dedup/parts/{part}.related.parquet", part=PARTS),
            ]
            if PARTS
            else []
        ),
        records="results/search/records.parquet",
        verdicts="review/decisions/duplicates.csv",
        aliases="review/decisions/aliases.csv",
    output:
        clusters="results/dedup/clusters.parquet",
        reports="results/dedup/reports.parquet",
        merges="results/dedup/merges.csv",
        review="results/dedup/review.csv",
        links="results/dedup/links.csv",
        provenance="results/dedup/provenance.csv",
        aliases="results/dedup/aliases.csv",
    log:
        "logs/dedup/find_duplicates.log",
    benchmark:
        "logs/benchmarks/find_duplicates.tsv"
    conda:
        "../../envs/dedup.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=settings("dedup"),
        kinds={key: source.kind for key, source in REVIEW.sources.items()},
        code=code("find_duplicates"),
    script:
        "../scripts/find_duplicates.py"


rule explore_duplicates:
    """Show merged records, uncertain pairs and links side by side, and take down verdicts."""
    input:
        records="results/search/records.parquet",
        reports="results/dedup/reports.parquet",
        merges="results/dedup/merges.csv",
        review="results/dedup/review.csv",
        links="results/dedup/links.csv",
        verdicts="review/decisions/duplicates.csv",
    output:
        page="results/dedup/explorer.html",
    log:
        "logs/dedup/explore_duplicates.log",
    benchmark:
        "logs/benchmarks/explore_duplicates.tsv"
    conda:
        "../../envs/dedup.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        code=code("explore_duplicates"),
        template=file_hash(SCRIPTS.parent / "report" / "explorer.html"),
    script:
        "../scripts/explore_duplicates.py"
