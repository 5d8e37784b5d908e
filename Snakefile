"""prismake: from raw database exports to the PRISMA 2020 report.

Stages, in order, each a file of rules and a target of its own: search, dedup, screening, extraction, bias, synthesis,
prisma, report. `config.yaml` of the review folder is read and checked once, in common.smk.
"""

from snakemake.utils import min_version

min_version("9.20")


include: "workflow/rules/common.smk"
include: "workflow/rules/search.smk"
include: "workflow/rules/dedup.smk"
include: "workflow/rules/screening.smk"
include: "workflow/rules/bias.smk"
include: "workflow/rules/extraction.smk"
include: "workflow/rules/synthesis.smk"
include: "workflow/rules/prisma.smk"
include: "workflow/rules/report.smk"


rule all:
    """Run the whole review, up to its report."""
    default_target: True
    input:
        rules.report.input,
        rules.prisma.input,
        rules.synthesis.input,


onstart:
    forget_problems()


onerror:
    tell_problems()
