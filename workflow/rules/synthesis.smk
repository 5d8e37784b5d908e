"""Synthesis: one job an outcome.

Requires  results/extraction/rows/<outcome>.parquet
Makes     results/synthesis/<outcome>/   studies.csv, models.csv, subgroups.csv, synthesis.json, figures;
          a figure that the data do not allow says why
"""


rule synthesis:
    """Target: every outcome synthesised."""
    input:
        expand("results/synthesis/{outcome}/synthesis.json", outcome=SYNTHESISED),


rule synthesise:
    """Pool one outcome, with its sensitivity and subgroup analyses and its figures."""
    input:
        rows=rows_of_outcome,
    output:
        synthesis="results/synthesis/{outcome}/synthesis.json",
        tables=expand(
            "results/synthesis/{{outcome}}/{table}.csv",
            table=["studies", "models", "subgroups"],
        ),
        figures=expand(
            "results/synthesis/{{outcome}}/{figure}.{kind}",
            figure=SYNTHESIS_FIGURES,
            kind=["svg", "png"],
        ),
    log:
        "logs/synthesis/{outcome}.log",
    benchmark:
        "logs/benchmarks/synthesise/{outcome}.tsv"
    conda:
        "../../envs/synthesis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        outcome=lambda wildcards: REVIEW.outcomes[wildcards.outcome].model_dump(
            mode="json"
        ),
        settings=settings("synthesis", "subgroups", "comparisons"),
        code=code("synthesise"),
    script:
        "../scripts/synthesise.py"
