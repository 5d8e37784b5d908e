"""What holds for any records and any verdicts."""

from dedup_cases import ARTICLE, KINDS, LISTS, NOWHERE, groups, record, run, together, verdict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prismake.dedup import facts, keys, score
from prismake.tables import REPORTS

POOL = [
    record("pubmed:1", pmid="1"),
    record("embase:1", abstract="", doi=""),
    record("cnki:1", title=f"蜂蜜敷料治疗登山跑者足跟水疱的随机对照试验 ({ARTICLE['title']})", doi=""),
    record("hand:1", title="", abstract=""),
    record("embase:2", title=f"Erratum: {ARTICLE['title']}", pages="1201", doi="", abstract=""),
    record(
        "pubmed:2",
        pmid="2",
        volume="41 (Supplement 1)",
        pages="S80-S81",
        doi="10.5555/s",
        title=ARTICLE["title"].upper(),
    ),
    record(
        "cnki:2", title="Cold baths for sunburnt sailors", authors=["Ek, Bo"], pages="1-9", doi="10.5555/c", abstract=""
    ),
    record("embase:3", title="Cold baths for sunburnt sailors", authors=["Bo Ek"], pages="1-9", doi="", abstract=""),
    record("hand:2", title="Editorial", pages="", doi="", abstract=""),
    record("pubmed:3", title="Editorial", pages="", doi="", abstract="", pmid="3"),
]
IDS = [entry["record_id"] for entry in POOL]
QUICK = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def pools(draw):
    """Some of the pool, and verdicts on them that do not contradict each other."""
    chosen = draw(st.lists(st.sampled_from(range(len(POOL))), min_size=2, unique=True))
    entries = [POOL[n] for n in chosen]
    side = {entry["record_id"]: draw(st.integers(0, 2)) for entry in entries}
    rows = []
    for n, (a, b) in enumerate(
        draw(st.lists(st.tuples(st.sampled_from(sorted(side)), st.sampled_from(sorted(side))), max_size=4))
    ):
        if a != b:
            rows.append(verdict(f"D-{n}", a, b, "same" if side[a] == side[b] else "different", n + 2))
    return entries, rows


TEXT = st.text(max_size=60) | st.sampled_from(
    ["", "1-8", "01-Aug", "Lu, Dong", "[Review]", "(vol 1", "王小飞 (", "a. German"]
)
FIELDS = st.fixed_dictionaries(
    {}, optional={name: st.lists(TEXT, max_size=3) if name in LISTS else TEXT for name in ARTICLE if name != "year"}
)


@settings(max_examples=150)
@given(FIELDS, FIELDS)
def test_any_text_can_be_compared(first, second):
    a, b = facts.gather([record("pubmed:1", **first), record("embase:2", **second)], KINDS)
    judged = score.judge(a, b)
    assert 0 <= judged.score <= 1
    assert judged.score == score.judge(b, a).score
    result = run(record("pubmed:1", **first), record("embase:2", **second))
    assert {row["record_id"] for row in result.clusters} == {"pubmed:1", "embase:2"}


@QUICK
@given(pools(), st.randoms(use_true_random=False))
def test_the_order_of_entries_changes_nothing(pool, shuffler):
    entries, rows = pool
    shuffled = list(entries)
    shuffler.shuffle(shuffled)
    assert run(*shuffled, verdicts=rows) == run(*entries, verdicts=rows)


@QUICK
@given(pools())
def test_every_record_is_in_one_report_and_verdicts_hold(pool):
    entries, rows = pool
    result = run(*entries, verdicts=rows)
    assert [row["record_id"] for row in result.clusters] == sorted(entry["record_id"] for entry in entries)
    placed = [record_id for row in result.reports for record_id in row["record_ids"]]
    assert sorted(placed) == sorted(entry["record_id"] for entry in entries)
    assert len({row["report_id"] for row in result.reports}) == len(result.reports)
    assert len(result.merges) == len(entries) - len(result.reports)
    assert sum(row["represents"] for row in result.clusters) == len(result.reports)
    assert all(list(row) == list(REPORTS) for row in result.reports)
    for row in rows:
        assert together(result, row.record_id_1, row.record_id_2) == (row.verdict == "same")


@QUICK
@given(pools())
def test_reports_are_not_merged_again(pool):
    """Deduplicating one record a report, the one that represents it, merges nothing that was kept apart."""
    entries, _ = pool
    result = run(*entries)
    standing = {row["record_id"] for row in result.clusters if row["represents"]}
    again = run(*[entry for entry in entries if entry["record_id"] in standing])
    assert all(len(members) == 1 for members in groups(again))
    assert run(*entries) == result


@QUICK
@given(pools(), st.data())
def test_a_superseded_verdict_leaves_no_trace(pool, data):
    entries, rows = pool
    if not rows:
        return
    wrong = data.draw(st.sampled_from(rows))
    opposite = "different" if wrong.verdict == "same" else "same"
    mistaken = [row for row in rows if {row.record_id_1, row.record_id_2} != {wrong.record_id_1, wrong.record_id_2}]
    typed = wrong.model_copy(update={"decision_id": "D-X", "verdict": opposite})
    mended = wrong.model_copy(update={"supersedes": "D-X"})
    assert run(*entries, verdicts=[*mistaken, typed, mended]) == run(*entries, verdicts=[*mistaken, wrong])


def test_many_records_of_one_key_are_compared_with_their_neighbours():
    """Keys that hundreds of records share lose no pair of equal titles."""
    crowd = [
        record(
            f"pubmed:{n}", **NOWHERE | {"title": f"Honey dressings for the heels of {n} men who ran in a mountain race"}
        )
        for n in range(150)
    ]
    twins = [one | {"record_id": f"embase:{150 - n}", "source": "embase"} for n, one in enumerate(crowd)]
    result = run(*crowd, *twins)
    expected = {frozenset({f"pubmed:{n}", f"embase:{150 - n}"}) for n in range(150)}
    assert groups(result) == expected


def test_in_a_key_of_many_records_those_that_share_a_second_one_meet():
    """Two spellings of a title, far apart among hundreds that begin alike: only the author brings them together."""
    beginning = "A systematic review and meta-analysis of"
    nowhere = NOWHERE | {"year": None, "journal": ""}
    crowd = [
        record(f"pubmed:{n}", **nowhere | {"title": f"{beginning} {n:03} heels", "authors": [f"Author{n}, A"]})
        for n in range(150)
    ]
    twins = [
        record(f"embase:{n}", **nowhere | {"title": f"{beginning} {words}", "authors": ["Okafor, Ngozi"]})
        for n, words in ((1, "000 honey dressings"), (2, "999 hony dresings"))
    ]
    every = facts.gather([*crowd, *twins], KINDS)
    assert [150, 151] in keys.candidates(every).tolist()
    alone = facts.gather([*crowd, twins[0], twins[1] | {"authors": ["Ek, Bo"]}], KINDS)
    assert [150, 151] not in keys.candidates(alone).tolist()


def test_chains_of_merges_go_out_from_the_representing_record():
    result = run(record("pubmed:1"), record("embase:2", doi=""), record("cnki:3", abstract=""), record("hand:4"))
    reached = {"pubmed:1"}
    for _ in result.merges:
        reached |= {row["record_id_2"] for row in result.merges if row["record_id_1"] in reached}
    assert reached == {"pubmed:1", "embase:2", "cnki:3", "hand:4"}
    assert "pubmed:1" not in {row["record_id_2"] for row in result.merges}
