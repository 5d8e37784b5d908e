"""How pages, journals, DOIs and titles are read before they are compared."""

import pytest
from prismake.dedup import evidence, facts, titles
from prismake.dedup.opposed import opposed, replaced


@pytest.mark.parametrize(
    ("value", "readings"),
    [
        ("963-7", {("963", "967")}),
        ("S30-S50", {("30", "50")}),
        ("376 - 383", {("376", "383")}),
        ("01-Aug", {("1", "8")}),
        ("11-Aug", {("8", "11"), ("11", "18")}),
        ("e0123456", {("123456", "")}),
        ("xiii-xv", {("xiii", "xv")}),
        ("331-6, 413-7", {("331", "336"), ("413", "417")}),
        ("CD010478", set()),
        ("2.33E+15", set()),
        ("no pagination", set()),
        ("", set()),
    ],
)
def test_pages(value, readings):
    assert set(facts.pages(value)) == readings


@pytest.mark.parametrize(
    ("x", "y", "same"),
    [
        ("N Engl J Med", "New England Journal of Medicine", 1),
        ("Natl Med J India", "National Medical Journal of India", 1),
        ("Pharmaceuticals (Basel)", "Pharmaceuticals", 1),
        ("J Clin Invest. Conference: 3rd Congress of Feet", "Journal of Clinical Investigation", 1),
        ("Haematologica", "Hematologica", 1),
        ("Journal of Immunology", "Journal of Clinical Immunology", 0),
        ("Neurology", "World Neurosurgery", -1),
        ("Circulation", "Foot Surgery", -1),
        ("", "Foot Surgery", 0),
        ("足踝护理杂志", "Foot Care", 0),
        ("Schweizerische Rundschau fur Fusse = Revue suisse du pied", "Schweiz Rundsch Fusse", 1),
        ("Schweizerische Rundschau fur Fusse = Revue suisse du pied", "Revue Suisse du Pied", 1),
        ("Schweizerische Rundschau fur Fusse = Revue suisse du pied", "Annals of Mountain Sports", -1),
    ],
)
def test_names_of_journals(x, y, same):
    assert evidence.same_journal(facts.journal_words(x), facts.journal_words(y)) == same
    assert evidence.same_journal(facts.journal_words(y), facts.journal_words(x)) == same


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("https://doi.org/10.5555/ABC.1", "10.5555/abc.1"),
        ("10.1016/s0008-6363%2898%2900064-9", "10.1016/s0008-6363(98)00064-9"),
        ("10.1002/(SICI)1097-0142(19990101)85:1<1::AID-CNCR1>3.0.CO;2-K", ""),
        ("10.1093/brain/awr356&issn=0006-8950&isbn=&volume=135", "10.1093/brain/awr356"),
        ("none", ""),
    ],
)
def test_a_doi_names_one_document(value, found):
    """Some exports cut an old DOI at its <, and what is left names a whole issue."""
    assert facts.whole_doi(value) in {found, value.lower()}
    assert facts.whole_doi(value.partition("<")[0]) == found


@pytest.mark.parametrize(
    "value",
    [
        "RETRACTED: Honey on heels",
        "Retracted article: Honey on heels",
        "Honey on heels (review) [12 refs]",
        "Honey on heels [in Polish, English]",
        "Honey on heels [Article in Chinese]",
        "Honey on heels [see comment]",
        "Honey on heels [corrected] [published erratum appears in FOOT 2001;2(1):3]",
        "Honey on heels. RUSSIAN",
    ],
)
def test_what_databases_add_to_a_title(value):
    assert titles.bare(value) == "Honey on heels"


@pytest.mark.parametrize(
    "title", ["Editorial", "Guest editorial: feet", "Editor's comments", "Letters", "Vorwort", "社论"]
)
def test_titles_of_any_issue(title):
    assert titles.is_generic(titles.normalise(title))


@pytest.mark.parametrize("title", ["Newspapers and feet", "Honey on heels", "Correctional feet: a cohort"])
def test_titles_of_one_document(title):
    assert not titles.is_generic(titles.normalise(title))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("Oesophageal tumour centre programme", "Esophageal tumor center program"),
        ("Randomised analyses of sulphate &amp; fibre", "randomized analyzes of SULFATE & fiber"),
        ("β<sub>2</sub>-agonists versus placebo", "beta2 agonists vs. placebo"),
        ("Ångström-scale naïveté", "Angstrom scale naivete"),
    ],
)
def test_one_spelling(x, y):
    assert titles.variants(x)[0].tight == titles.variants(y)[0].tight


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Correction to: Honey on heels", "erratum"),
        ("Honey on heels (vol 3, pg 12, 2011)", "erratum"),
        ("Honey on heels: authors' response", "comment"),
        ("Response to treatment with honey", "comment"),
        ("Re-evaluation of honey on heels", ""),
        ("Honey on heels: protocol for a cohort", "protocol"),
        ("WITHDRAWN: Honey on heels", "retraction"),
        ("Honey on heels [Erratum appears in Foot 2012;3(1):4]", ""),
        ("Honey on heels", ""),
    ],
)
def test_kinds_of_notices(title, kind):
    assert titles.kind(title)[0] == kind


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ("Honey on the heels of men", "Honey on the heels of women", "'men' and 'women'"),
        ("Honey on the heels of males", "Honey on the heels of women", "'males' and 'women'"),
        ("Runs with shoes", "Runs without shoes", "'with' and 'without'"),
        ("Shoes that did help", "Shoes that did not help", "'not'"),
        ("Hyperthermic heels", "Hypothermic heels", "'hyperthermic' and 'hypothermic'"),
        ("Smokers on foot", "Non smokers on foot", "'non'"),
        ("Typical heels", "Atypical heels", "'atypical' and 'typical'"),
        ("Decreased pain of heels", "Reduced pain of heels", ""),
        ("Honey on heels", "Honey on heels of runners", ""),
        ("Men who run", "Males who run", ""),
        ("Honey on heels", "Honey on heels", ""),
    ],
)
def test_titles_that_contradict_each_other(x, y, words):
    assert opposed(titles.normalise(x), titles.normalise(y)) == words
    assert opposed(titles.normalise(y), titles.normalise(x)) == words


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ("Honey on heels in Poland", "Honey on heels in Portugal", "'poland' and 'portugal'"),
        ("Pain of heels by age", "Pain of heels by sex", "'age' and 'sex'"),
        ("Honey on heels of runners", "Honey for heels among runners", ""),
        ("Honey on heels of runners", "Honey on heels", ""),
        ("Honey on heels: a randomised controlled trial", "Honey on heels: an RCT", ""),
        ("Honey on the heels of health care workers", "Honey on the heels of healthcare workers", ""),
        ("Treating heels", "Treatment of heels", ""),
        ("Honey on helas", "Honey on heels", ""),
        ("Honey on heels", "Honey on heels", ""),
    ],
)
def test_words_that_stand_for_each_other(x, y, words):
    assert replaced(titles.normalise(x), titles.normalise(y)) == words
    assert replaced(titles.normalise(y), titles.normalise(x)) == words
