"""Join arms to results and choose what enters each synthesis."""

from prismake.config import Characteristic, Moderator, Outcome, Subgroup
from prismake.extraction.run import Plan, derive_and_split
from prismake.job import job

with job(snakemake):
    parts = snakemake.params.settings
    plan = Plan(
        outcomes={key: Outcome(**value) for key, value in parts["outcomes"].items()},
        comparisons=list(parts["comparisons"]),
        characteristics={key: Characteristic(**value) for key, value in parts["characteristics"].items()},
        subgroups={key: Subgroup(**value) for key, value in parts["subgroups"].items()},
        moderators={key: Moderator(**value) for key, value in parts["moderators"].items()},
        cumulative=snakemake.params.cumulative,
        source_kinds=snakemake.params.source_kinds,
        shared_comparator=snakemake.params.shared_comparator,
        dependent=snakemake.params.dependent,
        networks=snakemake.params.networks,
    )
    derive_and_split(
        plan,
        tables=snakemake.params.tables,
        inputs=dict(snakemake.input.items()),
        results=snakemake.output.results,
        rows=dict(zip(snakemake.params.outcomes, snakemake.output.rows, strict=True)),
        arms=dict(zip(snakemake.params.networks, snakemake.output.arms, strict=True)),
    )
