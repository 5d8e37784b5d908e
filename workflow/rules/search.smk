"""Search: exports in, records out.

Requires  the export of every search run named under `sources` in config.yaml
Makes     results/search/records.parquet   every entry that could be read, with its record id
          results/search/records.csv       the same for people: where to look up record ids
          results/search/rejects.parquet   entries that could not be read and were accepted as such
          results/search/exports.csv       for each file: encoding, hash, entries, parsed, rejected
"""


rule search:
    """Target: every export read and accounted for."""
    input:
        "results/search/records.csv",
        "results/search/exports.csv",


rule import_export:
    """Read one export of one search run into entries and rejects, losing none."""
    input:
        export=lambda wildcards: search_run(wildcards).file,
    output:
        entries="results/search/runs/{source}.{date}.entries.parquet",
        rejects="results/search/runs/{source}.{date}.rejects.parquet",
        account="results/search/runs/{source}.{date}.account.parquet",
    log:
        "logs/search/{source}.{date}.log",
    benchmark:
        "logs/benchmarks/import_export/{source}.{date}.tsv"
    conda:
        "../../envs/search.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        run=lambda wildcards: search_run(wildcards).model_dump(mode="json"),
        ids=lambda wildcards: REVIEW.sources[wildcards.source].ids,
        code=code("import_export"),
    script:
        "../scripts/import_export.py"


rule collect_records:
    """Join the entries of all search runs, and the accounts of their files."""
    input:
        entries=[f"results/search/runs/{s}.{d}.entries.parquet" for s, d in RUNS],
        rejects=[f"results/search/runs/{s}.{d}.rejects.parquet" for s, d in RUNS],
        accounts=[f"results/search/runs/{s}.{d}.account.parquet" for s, d in RUNS],
    output:
        records="results/search/records.parquet",
        rejects="results/search/rejects.parquet",
        accounts="results/search/exports.parquet",
        records_csv="results/search/records.csv",
        accounts_csv="results/search/exports.csv",
    log:
        "logs/search/collect_records.log",
    benchmark:
        "logs/benchmarks/collect_records.tsv"
    conda:
        "../../envs/search.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code("collect_records"),
    script:
        "../scripts/collect_records.py"
