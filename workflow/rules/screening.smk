"""Screening: where people's decisions leave each report, and what to read next.

Requires  results/search/records.parquet, results/dedup/clusters.parquet, results/dedup/reports.parquet,
          review/decisions/screening.csv, review/decisions/fulltext.csv, review/decisions/sample.csv,
          review/decisions/aliases.csv, review/decisions/sample_frame.csv once a sample was drawn
Makes     results/screening/standing.parquet   the state of each report at each stage
          results/screening/conflicts.csv      decisions that disagree, for people to settle
          results/screening/idle.csv           live decisions without effect
          results/screening/agreement.csv      agreement of each pair of reviewers, and in the calibration round
          results/screening/readers.csv        how many reports no, one and more reviewers have read
          results/screening/course.csv         found against read, and the recall estimated and claimed
          results/screening/stop.json          what the declared rule for stopping says
          results/screening/course.svg, .png   the same as a figure
          results/screening/ranking.csv        reports still to be screened, most promising first
          results/screening/ranking.json       what they were ranked by and from: model, versions, seed, hashes
"""


rule screening:
    """Target: decisions applied, unread reports ranked."""
    input:
        "results/screening/standing.parquet",
        "results/screening/ranking.csv",
        "results/screening/course.svg",


rule apply_decisions:
    """Check people's decisions and say where each report stands."""
    input:
        records="results/search/records.parquet",
        clusters="results/dedup/clusters.parquet",
        reports="results/dedup/reports.parquet",
        screening="review/decisions/screening.csv",
        fulltext="review/decisions/fulltext.csv",
        aliases="review/decisions/aliases.csv",
        sample="review/decisions/sample.csv",
        frame=SAMPLE_FRAME,
    output:
        standing="results/screening/standing.parquet",
        conflicts="results/screening/conflicts.csv",
        idle="results/screening/idle.csv",
        agreement="results/screening/agreement.csv",
        readers="results/screening/readers.csv",
        course="results/screening/course.csv",
        stop="results/screening/stop.json",
    log:
        "logs/screening/apply_decisions.log",
    benchmark:
        "logs/benchmarks/apply_decisions.tsv"
    conda:
        "../../envs/screening.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        settings=settings("screening"),
        reasons=list(REVIEW.eligibility.reasons),
        kinds={key: source.kind for key, source in REVIEW.sources.items()},
        code=code("apply_decisions"),
    script:
        "../scripts/apply_decisions.py"


rule rank_unread:
    """Rank the reports that wait for a decision on title and abstract."""
    input:
        reports="results/dedup/reports.parquet",
        standing="results/screening/standing.parquet",
    output:
        ranking="results/screening/ranking.csv",
        account="results/screening/ranking.json",
    log:
        "logs/screening/rank_unread.log",
    benchmark:
        "logs/benchmarks/rank_unread.tsv"
    conda:
        "../../envs/screening.yaml"
    threads: 1
    resources:
        mem_mb=6000,
        runtime=60,
    params:
        settings=settings("screening", "question", "eligibility"),
        code=code("rank_unread"),
    script:
        "../scripts/rank_unread.py"


rule draw_course:
    """Draw what was found against what was read, with the recall that may be claimed."""
    input:
        course="results/screening/course.csv",
        stop="results/screening/stop.json",
    output:
        multiext("results/screening/course", ".svg", ".png"),
    log:
        "logs/screening/draw_course.log",
    benchmark:
        "logs/benchmarks/draw_course.tsv"
    conda:
        "../../envs/synthesis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("draw_course"),
    script:
        "../scripts/draw_course.py"
