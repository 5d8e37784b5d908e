"""Report: one source, rendered to HTML, DOCX and PDF.

Requires  the tables and figures of all stages
Makes     results/report/source/                 report.qmd with its fragments and figures
          results/report/report.{html,docx,pdf}  the report
          results/report/provenance.json         versions and input hashes
"""


rule report:
    """Target: the report in every format that config.yaml asks for."""
    input:
        expand("results/report/report.{format}", format=REVIEW.report.formats),


rule write_report:
    """Write the text of the report from the tables; figures come from the stages."""
    input:
        accounts="results/search/exports.parquet",
        reports="results/dedup/reports.parquet",
        merges="results/dedup/merges.csv",
        review="results/dedup/review.csv",
        links="results/dedup/links.csv",
        standing="results/screening/standing.parquet",
        conflicts="results/screening/conflicts.csv",
        idle="results/screening/idle.csv",
        agreement="results/screening/agreement.csv",
        readers="results/screening/readers.csv",
        ranking="results/screening/ranking.csv",
        ranked="results/screening/ranking.json",
        shown=SCREENING_LOG,
        frame=SAMPLE_FRAME,
        stop="results/screening/stop.json",
        course=multiext("results/screening/course", ".svg", ".png"),
        judgements="results/bias/judgements.csv",
        results="results/extraction/results.parquet",
        ledger="results/prisma/ledger.parquet",
        flow="results/prisma/flow.svg",
        syntheses=expand(
            "results/synthesis/{outcome}/synthesis.json", outcome=SYNTHESISED
        ),
        crosschecks=CROSSCHECKS if REVIEW.report.crosscheck else [],
        drawn=expand("results/synthesis/{outcome}/figures.json", outcome=SYNTHESISED),
        figures=expand(
            "results/synthesis/{outcome}/{name}",
            outcome=SYNTHESISED,
            name=SYNTHESIS_FIGURES,
        ),
        networks=expand(
            "results/networks/{network}/network.json", network=OUTCOME_OF_NETWORK
        ),
        network_figures=expand(
            "results/networks/{network}/{name}",
            network=OUTCOME_OF_NETWORK,
            name=NETWORK_FIGURES,
        ),
        plots=["results/prisma/flow.png", *BIAS_PLOTS],
        people=[path for path in PEOPLE],
        exports=[
            run.file for source in REVIEW.sources.values() for run in source.searches
        ],
        strategies=[
            source.strategy for source in REVIEW.sources.values() if source.strategy
        ],
        tables=EXTRACTION_FILES,
        registrations="review/registrations.csv",
        signals="review/bias/rob2.csv",
        published="review/published.csv",
        discrepancies="review/discrepancies.csv",
        citations="review/citations.csv",
        config="config.yaml",
        static=[f"{workflow.basedir}/workflow/report/{name}" for name in STATIC],
    output:
        folder=directory("results/report/source"),
        provenance="results/report/provenance.json",
    log:
        "logs/report/write_report.log",
    benchmark:
        "logs/benchmarks/write_report.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        settings=REVIEW.model_dump(mode="json"),
        renderer=RENDERER,
        code=code("write_report"),
    script:
        "../scripts/write_report.py"


rule render_report:
    """Render the report to one format, by Quarto or by pandoc."""
    input:
        source="results/report/source",
    output:
        report="results/report/report.{format}",
    log:
        "logs/report/render.{format}.log",
    benchmark:
        "logs/benchmarks/render_report/{format}.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        renderer=RENDERER,
        code=code("render_report"),
    script:
        "../scripts/render_report.py"
