"""What all rules share: the checked configuration, the hash of the code a rule uses, and the environment of its jobs."""

import os
import sys
from datetime import datetime, time, timezone
from pathlib import Path

from snakemake.exceptions import WorkflowError

SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from prismake.config.measures import ESTIMATES
from prismake.configfile import load
from prismake.fingerprint import code_hash, file_hash
from prismake.problems import InputError
from prismake.report.render import STATIC, choose
from prismake.people import EXTRACTED, LOG, PEOPLE, header
from prismake.screening.frame import FRAME


def read_review():
    """The configuration of the review in this folder; faults of it end the run with what to mend."""
    try:
        return load(Path("config.yaml"), config)
    except InputError as fault:
        raise WorkflowError(f"config.yaml cannot be used:\n{fault}")


def check_tables():
    """Every table that people fill must stand in the review folder, empty or not."""
    missing = [path for path in PEOPLE if not Path(path).is_file()]
    if missing:
        lines = [
            f"{path}: no such file; make it, with this first line: {','.join(header(path))}"
            for path in missing
        ]
        raise WorkflowError("\n".join(lines))


def code(script):
    """The hash of a script and of the modules that it uses: changed code means rerun results."""
    return code_hash(SCRIPTS / f"{script}.py")


def settings(*sections):
    """Parts of the configuration as plain values, so that a job depends on these alone."""
    return REVIEW.model_dump(mode="json", include=set(sections))


def search_run(wildcards):
    """The search run that the wildcards name."""
    runs = REVIEW.sources[wildcards.source].searches
    return next(run for run in runs if run.date.isoformat() == wildcards.date)


def rows_of_outcome(wildcards):
    """The rows of one outcome, known once the results are derived."""
    checkpoints.derive_results.get()
    return f"results/extraction/rows/{wildcards.outcome}.parquet"


def arms_of_network(wildcards):
    """The arms of one network, known once the results are derived."""
    checkpoints.derive_results.get()
    return f"results/extraction/networks/{wildcards.network}.parquet"


def told_problems():
    """What failed jobs left beside their logs."""
    return sorted(Path("logs").rglob("*.problems")) if Path("logs").is_dir() else []


def forget_problems():
    """Remove, at the start of a run, what jobs of an earlier one said."""
    for path in told_problems():
        path.unlink()


def tell_problems():
    """Print, at the end of a failed run, what the failed jobs say about the inputs."""
    for path in told_problems():
        print(
            f"\nprismake: what to mend ({path.stem}):\n{path.read_text(encoding='utf-8')}",
            file=sys.stderr,
        )


def find_renderer():
    """Name and version of what will render the report: a rule's parameter, so that another one renders anew."""
    try:
        return choose(REVIEW.report.renderer)
    except InputError as fault:
        raise WorkflowError(str(fault))


REVIEW = read_review()
RENDERER = find_renderer()
check_tables()
SYNTHESISED = [key for key, outcome in REVIEW.outcomes.items() if outcome.synthesise]
DRAWN = ["svg", "png"]
BIAS_PLOTS = expand(
    "results/bias/{plot}.{kind}", plot=["traffic_light", "summary"], kind=DRAWN
)
SYNTHESIS_TABLES = expand(
    "{table}.csv",
    table=[
        "studies",
        "models",
        "subgroups",
        "influence",
        "small_studies",
        "adjusted",
        "regression",
        "subsets",
    ],
)
SYNTHESIS_FIGURES = expand(
    "{figure}.{kind}",
    figure=REVIEW.figures_of_outcomes,
    kind=DRAWN,
)
SCREENING_LOG = [path for path in [LOG] if Path(path).is_file()]
SAMPLE_FRAME = [path for path in [FRAME] if Path(path).is_file()]
CROSSCHECKS = expand("results/crosscheck/{outcome}.csv", outcome=SYNTHESISED)
EXTRACTION_FILES = sorted(
    {outcome.file for outcome in REVIEW.outcomes.values()} - {ESTIMATES}
)
OUTCOME_OF_NETWORK = {key: network.outcome for key, network in REVIEW.networks.items()}
NETWORK_TABLES = [
    f"{table}.csv"
    for table in (
        "contrasts",
        "comparisons",
        "league",
        "ranking",
        "heterogeneity",
        "designs",
        "heat",
    )
]
NETWORK_FIGURES = expand(
    "{figure}.{kind}", figure=["graph", "forest", "split", "heat"], kind=DRAWN
)
RUNS = [
    (key, run.date.isoformat())
    for key, source in REVIEW.sources.items()
    for run in source.searches
]

# Documents carry the protocol's date, and numbers are printed alike in every locale.
MIDNIGHT = datetime.combine(REVIEW.review.date, time(), tzinfo=timezone.utc)
os.environ.update(
    SOURCE_DATE_EPOCH=str(int(MIDNIGHT.timestamp())),
    PYTHONHASHSEED="0",
    LC_ALL="C.UTF-8",
    TZ="UTC",
)


wildcard_constraints:
    source="[a-z][a-z0-9_]*",
    date=r"\d{4}-\d{2}-\d{2}",
    part=r"\d+",
    outcome="[a-z][a-z0-9_]*",
    network="[a-z][a-z0-9_]*",
    format="html|docx|pdf",
