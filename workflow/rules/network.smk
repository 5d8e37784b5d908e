"""Network meta-analysis: one job for each network that config.yaml declares; without any, none.

Requires  results/extraction/networks/<network>.parquet
Makes     results/networks/<network>/   contrasts.csv, comparisons.csv, league.csv, ranking.csv, heterogeneity.csv,
          designs.csv, heat.csv, network.json, figures; a figure that the data do not allow says why
"""


rule networks:
    """Target: every network compared."""
    input:
        expand(
            "results/networks/{network}/{name}",
            network=OUTCOME_OF_NETWORK,
            name=["network.json", *NETWORK_TABLES, *NETWORK_FIGURES],
        ),


rule synthesise_network:
    """Compare all treatments of one network at once, with ranking, inconsistency and figures."""
    input:
        arms=arms_of_network,
    output:
        network="results/networks/{network}/network.json",
        others=expand(
            "results/networks/{{network}}/{name}",
            name=NETWORK_TABLES + NETWORK_FIGURES,
        ),
    log:
        "logs/networks/{network}.log",
    benchmark:
        "logs/benchmarks/synthesise_network/{network}.tsv"
    conda:
        "../../envs/synthesis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        network=lambda wildcards: REVIEW.networks[wildcards.network].model_dump(
            mode="json"
        ),
        outcome=lambda wildcards: REVIEW.outcomes[
            OUTCOME_OF_NETWORK[wildcards.network]
        ].model_dump(mode="json"),
        settings=settings("synthesis"),
        code=code("synthesise_network"),
    script:
        "../scripts/synthesise_network.py"
