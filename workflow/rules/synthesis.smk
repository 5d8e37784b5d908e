"""Synthesis: for each outcome a job that pools it and one that draws it.

Requires  results/extraction/rows/<outcome>.parquet
Makes     results/synthesis/<outcome>/   studies.csv, models.csv, subgroups.csv and further tables, synthesis.json;
                                         figures, of which one that the data do not allow says why; figures.json
          results/crosscheck/<outcome>.csv   on demand: every figure by prismake and by metafor
"""


rule synthesis:
    """Target: every outcome synthesised."""
    input:
        expand(
            "results/synthesis/{outcome}/{name}",
            outcome=SYNTHESISED,
            name=[
                "synthesis.json",
                *SYNTHESIS_TABLES,
                "figures.json",
                *SYNTHESIS_FIGURES,
            ],
        ),


rule synthesise:
    """Pool one outcome, with its sensitivity and subgroup analyses."""
    input:
        rows=rows_of_outcome,
    output:
        synthesis="results/synthesis/{outcome}/synthesis.json",
        tables=expand("results/synthesis/{{outcome}}/{name}", name=SYNTHESIS_TABLES),
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
        settings=settings("synthesis", "subgroups", "moderators"),
        code=code("synthesise"),
    script:
        "../scripts/synthesise.py"


rule draw_synthesis:
    """Draw one outcome: its forest plot and the other figures that the protocol asks for."""
    input:
        synthesis="results/synthesis/{outcome}/synthesis.json",
    output:
        figures="results/synthesis/{outcome}/figures.json",
        drawn=expand("results/synthesis/{{outcome}}/{name}", name=SYNTHESIS_FIGURES),
    log:
        "logs/synthesis/{outcome}.figures.log",
    benchmark:
        "logs/benchmarks/draw_synthesis/{outcome}.tsv"
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
        settings=settings("synthesis", "moderators", "comparisons"),
        code=code("draw_synthesis"),
    script:
        "../scripts/draw_synthesis.py"


rule crosscheck:
    """Target: every synthesis recomputed with metafor; optional, as it needs R."""
    input:
        CROSSCHECKS,


rule recompute:
    """Recompute the synthesis of one outcome with metafor."""
    input:
        synthesis="results/synthesis/{outcome}/synthesis.json",
    output:
        table="results/crosscheck/{outcome}.csv",
    log:
        "logs/crosscheck/{outcome}.log",
    benchmark:
        "logs/benchmarks/recompute/{outcome}.tsv"
    conda:
        "../../envs/crosscheck.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        outcome=lambda wildcards: REVIEW.outcomes[wildcards.outcome].model_dump(
            mode="json"
        ),
        settings=settings("synthesis", "moderators"),
        engine=[
            file_hash(SCRIPTS / name)
            for name in ("crosscheck.R", "crosscheck_further.R")
        ],
        code=code("crosscheck"),
    script:
        "../scripts/crosscheck.py"
