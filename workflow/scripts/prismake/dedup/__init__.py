"""Deduplication: records that are the same report, found by rules that people's verdicts overrule.

`run.find_duplicates` ties together `titles` and `facts` (each record normalised once), `keys` and `worth` (which pairs
meet, and which of them may be duplicates), `evidence` (what two records have in common), `obstacles` (what tells two
documents apart), `score` (how likely a pair is one report, and the rule behind it), `verdicts` (what people decided),
`cluster` (reports out of pairs), `links` (related records that are no duplicates) and `merge` (the best of each field).
"""
