"""Risk of bias: signalling answers in, judgements and their plots out.

Requires  review/bias/rob2.csv, review/studies.csv, review/citations.csv
Makes     results/bias/judgements.csv, traffic_light.{svg,png}, summary.{svg,png}
"""


rule bias:
    """Target: every result with answers judged."""
    input:
        "results/bias/judgements.csv",
        BIAS_PLOTS,


rule judge_bias:
    """Judge each result by the RoB 2 algorithm and draw the plots."""
    input:
        answers="review/bias/rob2.csv",
        studies="review/studies.csv",
        citations="review/citations.csv",
    output:
        judgements="results/bias/judgements.csv",
        plots=BIAS_PLOTS,
    log:
        "logs/bias/judge_bias.log",
    benchmark:
        "logs/benchmarks/judge_bias.tsv"
    conda:
        "../../envs/synthesis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings("outcomes", "characteristics"),
        code=code("judge_bias"),
    script:
        "../scripts/judge_bias.py"
