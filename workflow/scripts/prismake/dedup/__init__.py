"""Deduplication: records that are the same report, found by rules that people's verdicts overrule.

`pairs` compares records, by means of `titles` and `facts` (each record normalised once), `keys` and `worth` (which
pairs meet, and which of them may be duplicates), `evidence` (what two records have in common), `obstacles` (what tells
two documents apart), `score` (how likely a pair is one report, and the rule behind it), `versions` (of one review),
`reprints` (a text twice in one issue) and `links` (related records that are no duplicates). `run.find_duplicates` makes
of that, with `verdicts` (what people decided), `cluster` (reports out of pairs) and `merge` (the best of each field),
what the stages after it use.
"""
