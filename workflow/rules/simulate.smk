"""Simulation: finished screening done again by the ranking, with the review's own decisions as labels.

Requires  results/dedup/reports.parquet, results/screening/standing.parquet
Makes     results/screening/simulation/runs/<seed>.csv   the order of each run
          results/screening/simulation/metrics.csv       what each run would have saved
          results/screening/simulation/stops.csv         where stopping rules would have ended it
          results/screening/simulation/simulation.html   their means, with recall curves

No other stage reads these; they are made by the target `simulate` alone.
"""

SIMULATION = REVIEW.screening.simulation
SIMULATED = range(SIMULATION.seed, SIMULATION.seed + SIMULATION.runs)


rule simulate:
    """Target: screening simulated on the reports that have been decided."""
    input:
        "results/screening/simulation/simulation.html",


rule simulate_run:
    """Screen the decided reports once more, in the order that the ranking gives from one draw on."""
    input:
        reports="results/dedup/reports.parquet",
        standing="results/screening/standing.parquet",
    output:
        order="results/screening/simulation/runs/{seed}.csv",
    log:
        "logs/screening/simulate_run_{seed}.log",
    benchmark:
        "logs/benchmarks/simulate_run_{seed}.tsv"
    conda:
        "../../envs/screening.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=settings("screening"),
        code=code("simulate_run"),
    script:
        "../scripts/simulate_run.py"


rule summarise_simulation:
    """Gather the runs: metrics, stop points and recall curves."""
    input:
        orders=expand("results/screening/simulation/runs/{seed}.csv", seed=SIMULATED),
    output:
        metrics="results/screening/simulation/metrics.csv",
        stops="results/screening/simulation/stops.csv",
        page="results/screening/simulation/simulation.html",
    log:
        "logs/screening/summarise_simulation.log",
    benchmark:
        "logs/benchmarks/summarise_simulation.tsv"
    conda:
        "../../envs/simulation.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        settings=settings("screening"),
        seeds=list(SIMULATED),
        code=code("summarise_simulation"),
    script:
        "../scripts/summarise_simulation.py"
