"""prismake: from raw database exports to the PRISMA 2020 report.

Stages, in order, each a file of rules and a target of its own: search, dedup, screening, extraction, bias, synthesis,
networks, prisma, report. `config.yaml` of the review folder is read and checked once, in common.smk.
"""

from snakemake.utils import min_version

min_version("9.20")


include: "workflow/rules/common.smk"
include: "workflow/rules/search.smk"
include: "workflow/rules/dedup.smk"
include: "workflow/rules/screening.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/bias.smk"
include: "workflow/rules/extraction.smk"
include: "workflow/rules/synthesis.smk"
include: "workflow/rules/network.smk"
include: "workflow/rules/prisma.smk"
include: "workflow/rules/report.smk"


rule all:
    """Run the whole review, up to its report."""
    default_target: True
    input:
        # Whatever results/README.md names is made again when it is gone, also where no later stage reads it.
        rules.collect_records.output,
        rules.find_duplicates.output,
        rules.explore_duplicates.output,
        rules.apply_decisions.output,
        rules.rank_unread.output,
        rules.extraction.input,
        rules.judge_bias.output,
        rules.synthesis.input,
        rules.networks.input,
        rules.build_ledger.output,
        rules.write_report.output,
        rules.report.input,


onstart:
    forget_problems()


onerror:
    tell_problems()
