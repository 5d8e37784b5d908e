"""Registry entries become records that keep what the register says, and are linked to the reports that cite them."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from dedup_cases import run as deduplicate
from prismake.config import Column
from prismake.problems import InputError
from prismake.report.markdown import esc
from prismake.report.sections import studies
from prismake.search.readers.headers import HEADERS, REGISTER
from search_cases import balanced, read

STUDY: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT02834858",
            "orgStudyIdInfo": {"id": "SZ-2016-1"},
            "secondaryIdInfos": [{"id": "ISRCTN12345678", "type": "REGISTRY"}],
            "briefTitle": "Cells for ulcers",
            "officialTitle": "A randomised trial of cells for ulcers of the diabetic foot",
        },
        "statusModule": {
            "overallStatus": "UNKNOWN",
            "startDateStruct": {"date": "2016-07"},
            "completionDateStruct": {"date": "2017-12"},
            "studyFirstPostDateStruct": {"date": "2016-07-15"},
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "A Hospital"}},
        "descriptionModule": {
            "briefSummary": "Cells or saline, as in NCT00000001.",
            "detailedDescription": "In two\nlines.",
        },
        "conditionsModule": {"conditions": ["Diabetes Mellitus, Type 2", "Diabetic Foot"], "keywords": ["ulcer"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE1", "PHASE2"],
            "designInfo": {
                "allocation": "RANDOMIZED",
                "interventionModel": "PARALLEL",
                "primaryPurpose": "TREATMENT",
                "maskingInfo": {"masking": "DOUBLE"},
            },
            "enrollmentInfo": {"count": 240, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "Cells", "interventionNames": ["Biological: Cells"]},
                {"label": "Control", "interventionNames": ["Drug: Saline"]},
            ]
        },
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "Ulcer area", "timeFrame": "3 months"}],
            "secondaryOutcomes": [{"measure": "Pain", "timeFrame": "3 months"}, {"measure": "Walking"}],
        },
        "contactsLocationsModule": {
            "overallOfficials": [{"name": "Jie Shen, MD, PhD"}],
            "locations": [{"country": "China"}, {"country": "China"}],
        },
        "referencesModule": {
            "references": [
                {"pmid": "11111111", "type": "BACKGROUND", "citation": "Of another study"},
                {"pmid": "29106641", "type": "RESULT", "citation": "Of this one"},
                {"pmid": "30000001", "type": "DERIVED"},
                {"type": "RESULT", "citation": "Without a number"},
            ]
        },
    },
    "derivedSection": {"miscInfoModule": {}},
    "hasResults": False,
}
SAID = " · ".join(
    [
        "Status: UNKNOWN",
        "Phase: PHASE1; PHASE2",
        "Design: Allocation RANDOMIZED; Model PARALLEL; Masking DOUBLE; Purpose TREATMENT",
        "Enrolment: 240 (estimated)",
        "Arms: Cells: Biological: Cells; Control: Drug: Saline",
        "Primary outcomes: Ulcer area (3 months)",
        "Secondary outcomes: Pain (3 months); Walking",
        "Start: 2016-07",
        "Completion: 2017-12",
        "Country: China",
        "Sponsor: A Hospital",
        "Publications: PMID 29106641; PMID 30000001",
    ]
)


def study(number: str, title: str = "Another study") -> dict[str, Any]:
    return {"protocolSection": {"identificationModule": {"nctId": number, "briefTitle": title}}}


OTHER = study("NCT05999656")
PAGES = {
    "one study": json.dumps(STUDY),
    "one study, indented": json.dumps(STUDY, indent=2),
    "a list": json.dumps([STUDY, OTHER], indent=1),
    "a list on one line": json.dumps([STUDY, OTHER]),
    "a page": json.dumps({"totalCount": 2, "studies": [STUDY, OTHER], "nextPageToken": "abc"}, indent=4),
    "a page, as small as can be": json.dumps({"studies": [STUDY, OTHER]}, separators=(",", ":")),
    "two pages run together": json.dumps({"studies": [STUDY], "nextPageToken": "abc"})
    + json.dumps({"studies": [OTHER]}),
    "one study a line": json.dumps(STUDY) + "\n" + json.dumps(OTHER) + "\n",
    "one study, its sections in another order": json.dumps(dict(reversed(STUDY.items()))),
    "a page with its names in order": json.dumps({"studies": [STUDY, OTHER], "nextPageToken": "abc"}, sort_keys=True),
    "sections in another order": json.dumps([dict(reversed(STUDY.items())), OTHER], indent=1),
}


@pytest.mark.parametrize("name", PAGES)
def test_json_of_clinicaltrials_gov_in_every_wrapping(tmp_path: Path, name: str) -> None:
    export = read(tmp_path, PAGES[name], source="ctgov")
    numbers = [row["accession"] for row in export.entries]
    assert export.account["format"] == "ctgov"
    assert numbers == (
        ["NCT02834858"] if name.startswith("one study") and "line" not in name else ["NCT02834858", "NCT05999656"]
    )
    assert (export.rejects, export.account["outside"]) == ([], [])
    row = export.entries[0]
    assert (row["record_id"], row["title"], row["year"]) == ("ctgov:NCT02834858", "Cells for ulcers", 2016)
    assert row["registry_ids"] == ["ISRCTN12345678", "NCT02834858"], "its own numbers, not those that its summary names"
    assert row["keywords"] == ["Diabetes Mellitus, Type 2", "Diabetic Foot", "ulcer"]
    assert (row["authors"], row["urls"]) == (["Jie Shen"], ["https://clinicaltrials.gov/study/NCT02834858"])
    assert row["abstract"] == "Cells or saline, as in NCT00000001. In two lines."
    assert row["registration"] == SAID


def test_studies_know_their_lines(tmp_path: Path) -> None:
    text = json.dumps([STUDY, OTHER], indent=1)
    first, second = read(tmp_path, text).entries
    assert (first["line"], second["line_end"]) == (2, text.count("\n"))
    assert second["line"] == first["line_end"] + 1


def test_a_study_cut_off_or_damaged_costs_no_other(tmp_path: Path) -> None:
    whole = json.dumps([STUDY, OTHER, study("NCT03276312", "A third")], indent=1)
    with pytest.raises(
        InputError, match=r"export, lines \d+ to \d+: found '\{ \"protocolSection\".* \(no readable JSON: "
    ):
        read(tmp_path, whole[:-40])
    cut = read(tmp_path, whole[:-40], rejects=1)
    assert [row["accession"] for row in cut.entries] == ["NCT02834858", "NCT05999656"]
    broken = read(tmp_path, whole.replace('"Another study"', '"Another study'), rejects=1)
    assert [row["accession"] for row in broken.entries] == ["NCT02834858", "NCT03276312"]
    assert "no readable JSON: Invalid control character" in broken.rejects[0]["why"]
    assert balanced(cut)
    assert balanced(broken)


def test_what_is_no_study_is_a_reject(tmp_path: Path) -> None:
    text = json.dumps(
        [STUDY, {"nctId": "NCT05999656"}, {"protocolSection": {}}, {"protocolSection": 5}, OTHER], indent=1
    )
    export = read(tmp_path, text, rejects=3)
    assert [row["accession"] for row in export.entries] == ["NCT02834858", "NCT05999656"]
    assert [row["why"] for row in export.rejects] == [
        "no study: nothing named protocolSection",
        "the entry has no content",
        "the entry has no content",
    ]


def test_parts_of_another_shape_are_left_out(tmp_path: Path) -> None:
    odd = {
        "identificationModule": {"nctId": "NCT02834858", "briefTitle": "Cells", "secondaryIdInfos": {"id": 3}},
        "designModule": {"phases": "PHASE1", "enrollmentInfo": 240},
        "outcomesModule": {"primaryOutcomes": [None, "Area", {"measure": ["x"]}]},
        "armsInterventionsModule": {"armGroups": [7], "interventions": [{"name": "Cells"}]},
    }
    row = read(tmp_path, json.dumps({"protocolSection": odd})).entries[0]
    assert (row["title"], row["registration"]) == ("Cells", "Arms: Cells")


def test_half_a_character_is_told_and_can_be_written(tmp_path: Path) -> None:
    row = read(tmp_path, json.dumps(study("NCT05999657", "Honey \ud83c trial"))).entries[0]
    assert row["title"].encode() == "Honey \ufffd trial".encode()
    assert "characters that could not be read" in row["warnings"]


def test_json_without_end_is_a_reject(tmp_path: Path) -> None:
    deep = '{"protocolSection":' + "[" * 200_000
    export = read(tmp_path, json.dumps(OTHER) + deep, rejects=1)
    assert len(export.entries) == len(export.rejects) == 1
    assert "no readable JSON" in export.rejects[0]["why"]


def test_one_number_twice_is_one_study_or_an_error(tmp_path: Path) -> None:
    twice = read(tmp_path, json.dumps([OTHER, OTHER]))
    assert [row["record_id"] for row in twice.entries] == ["db:NCT05999656", "db:NCT05999656~2"]
    with pytest.raises(InputError, match="found the id 'NCT05999656' for "):
        read(tmp_path, json.dumps([OTHER, study("NCT05999656", "Honey against blisters of runners")]))


TRIAL = """  <Trial>
    <Internal_Number>16045974
    </Internal_Number>
    <TrialID>{number}
    </TrialID>
    <Last_Refreshed_on>24 August 2026</Last_Refreshed_on>
    <Public_title>{title}
    </Public_title>
    <Scientific_title>A trial of cells for ulcers</Scientific_title>
    <Acronym/>
    <Primary_sponsor>A Hospital</Primary_sponsor>
    <Date_registration3>20160715</Date_registration3>
    <Date_registration>15/07/2016</Date_registration>
    <Source_Register>ChiCTR</Source_Register>
    <web_address>https://www.chictr.org.cn/x?a=1&amp;b=2</web_address>
    <Recruitment_Status>Recruiting</Recruitment_Status>
    <Date_enrollement>2016-07-20</Date_enrollement>
    <Target_size>Cells:120;Saline:120;</Target_size>
    <Study_type>Interventional</Study_type>
    <Study_design>Parallel</Study_design>
    <Phase>Phase 1</Phase>
    <Countries>China</Countries>
    <Condition>Diabetic foot;&lt;br&gt;Ulcer</Condition>
    <Intervention>Cells:injection;&lt;br&gt;Saline:injection</Intervention>
    <Primary_outcome>Area;</Primary_outcome>
    <Secondary_outcome>Pain;</Secondary_outcome>
    <Secondary_ID>NCT02834858</Secondary_ID>
  </Trial>
"""
FRAME = "<?xml version='1.0' encoding='UTF-8' ?>\n<Trials_downloaded_from_ICTRP>\n{}</Trials_downloaded_from_ICTRP>\n"


def ictrp(*titles: str) -> str:
    trials = [TRIAL.format(number=f"ChiCTR200002930{n}", title=title) for n, title in enumerate(titles)]
    return FRAME.format("".join(trials))


def test_xml_of_the_who(tmp_path: Path) -> None:
    export = read(tmp_path, ictrp("Cells for ulcers", ""), source="ictrp")
    first, second = export.entries
    assert (export.account["format"], export.account["outside"]) == ("ictrp", [])
    assert (first["record_id"], first["title"], first["year"]) == ("ictrp:ChiCTR2000029300", "Cells for ulcers", 2016)
    assert (first["line"], first["line_end"], first["warnings"]) == (3, 30, [])
    assert first["registry_ids"] == ["ChiCTR2000029300", "NCT02834858"]
    assert (first["keywords"], first["urls"]) == (["Diabetic foot", "Ulcer"], ["https://www.chictr.org.cn/x?a=1&b=2"])
    assert first["registration"] == (
        "Status: Recruiting · Phase: Phase 1 · Design: Parallel · Enrolment: Cells:120;Saline:120; · Arms: Cells:injection; "
        "Saline:injection · Primary outcomes: Area; · Secondary outcomes: Pain; · Start: 2016-07-20 · Country: China · "
        "Sponsor: A Hospital"
    )
    assert (second["title"], second["title_other"]) == ("A trial of cells for ulcers", "")


def test_a_trial_that_is_no_xml_keeps_its_fields(tmp_path: Path) -> None:
    text = ictrp("HbA1c <7% & ulcers", "Fine", "Cut off")
    export = read(tmp_path, text[: text.rindex("<Countries>")])
    first, fine, cut = export.entries
    assert first["title"] == "HbA1c <7% & ulcers"
    assert first["warnings"] == [
        "no well-formed XML (not well-formed (invalid token)); its fields were found by their tags"
    ]
    assert fine["warnings"] == []
    assert (cut["title"], cut["warnings"]) == (
        "Cut off",
        ["no </Trial>: it may be cut off; its fields were found by their tags"],
    )


def test_a_trial_that_lost_its_beginning_is_a_reject(tmp_path: Path) -> None:
    text = ictrp("One", "Two", "Three")
    place = text.index("<Trial>", text.index("Two") - 200)
    export = read(tmp_path, text[:place] + text[place + 7 :], rejects=1)
    assert [row["title"] for row in export.entries] == ["One", "Three"]
    assert [(row["line"], row["line_end"], row["why"]) for row in export.rejects] == [
        (32, 58, "no <Trial> before its </Trial>")
    ]
    assert "Two" in export.rejects[0]["found"]


def test_entities_that_a_file_declares_are_not_expanded(tmp_path: Path) -> None:
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">\n' for n in range(10))
    text = ictrp("Ha &l9;", "Fine").replace("<Trials_", f"<!DOCTYPE x [\n{bomb}]>\n<Trials_", 1)
    text = text.replace("Fine", "&xxe;").replace(
        "<!ENTITY l0", '<!ENTITY xxe SYSTEM "file:///etc/passwd">\n<!ENTITY l0'
    )
    export = read(tmp_path, text)
    assert [row["title"] for row in export.entries] == ["Ha &l9;", "&xxe;"]
    assert export.entries[0]["warnings"] == [
        "no well-formed XML (undefined entity); its fields were found by their tags"
    ]
    assert export.account["outside"][0] == "line 2: <!DOCTYPE x ["


def test_trials_without_content_are_rejects_and_text_beside_them_is_told(tmp_path: Path) -> None:
    text = FRAME.format("<Trial></Trial>\nfree text\n" + TRIAL.format(number="NCT02834858", title="One"))
    export = read(tmp_path, text, rejects=1)
    assert [(row["line"], row["why"]) for row in export.rejects] == [(3, "the entry has no content")]
    assert export.account["outside"] == ["line 4: free text"]
    assert balanced(export)


def test_a_registry_number_alone_is_a_record(tmp_path: Path) -> None:
    for text in (
        json.dumps({"protocolSection": {"identificationModule": {"nctId": "NCT02834858"}}}),
        "NCT Number,Title\nNCT02834858,\n",
    ):
        row = read(tmp_path, text).entries[0]
        assert (row["record_id"], row["warnings"]) == ("db:NCT02834858", ["no title"])


def test_registers_call_the_same_things_the_same_in_tables(tmp_path: Path) -> None:
    table = (
        "TrialID,Public title,Scientific title,Date registration,Recruitment Status,Target size,Study design,Phase,Countries,"
        "Condition,Intervention,Primary outcome,web address\n"
        "EUCTR2015-001234-12-DE,Cells for ulcers,A trial,15/07/2016,Recruiting,240,Parallel,2,Germany,Ulcer,Cells,Area,https://x\n"
    )
    row = read(tmp_path, table).entries[0]
    assert row["registry_ids"] == ["EUCTR2015-001234-12"]
    assert row["registration"].startswith(
        "Status: Recruiting · Phase: 2 · Design: Parallel · Enrolment: 240 · Arms: Cells · Primary"
    )


def test_config_may_name_the_columns_of_any_field(tmp_path: Path) -> None:
    assert set(get_args(Column)) == (HEADERS.keys() | REGISTER.keys()) - {"extra"}
    table = "注册号,研究课题,征募状态,样本量\nChiCTR2000029300,Cells for ulcers,Recruiting,240\n"
    columns = {"accession": "注册号", "title": "研究课题", "status": "征募状态", "enrolment": "样本量"}
    row = read(tmp_path, table, columns=columns).entries[0]
    assert (row["record_id"], row["registration"]) == ("db:ChiCTR2000029300", "Status: Recruiting · Enrolment: 240")


@pytest.mark.parametrize("cited", ["NCT02834858", "nct02834858"])
def test_reports_that_cite_a_registry_entry_are_linked_to_it(tmp_path: Path, cited: str) -> None:
    entries = read(tmp_path, json.dumps([STUDY, OTHER]), "a", source="ctgov").entries
    report = f"TY  - JOUR\nTI  - Stem cells heal diabetic feet\nAB  - Registered as {cited}.\nER  - \n"
    entries += read(tmp_path, report, "b", source="pubmed").entries
    [link] = deduplicate(*entries).links
    assert (link["relation"], link["record_id_1"]) == ("registry entry", "ctgov:NCT02834858")
    assert link["record_id_2"].startswith("pubmed:")


def test_a_registry_entry_is_linked_to_the_results_that_it_names(tmp_path: Path) -> None:
    entries = read(tmp_path, json.dumps([STUDY, OTHER]), "a", source="ctgov").entries
    report = "PMID- {}\nTI  - {}\nAB  - No number is given.\n"
    texts = [report.format("29106641", "Stem cells heal feet"), report.format("11111111", "What was known before")]
    entries += read(tmp_path, "\n".join(texts), "b", source="pubmed").entries
    [link] = deduplicate(*entries).links
    assert (link["relation"], link["record_id_1"]) == ("registry entry", "ctgov:NCT02834858")
    assert (link["record_id_2"], link["why"]) == (
        "pubmed:29106641",
        "the entry names PMID 29106641 among its results",
    ), "background is of other studies"


def test_entries_of_one_study_in_two_registers_are_linked(tmp_path: Path) -> None:
    entries = read(tmp_path, json.dumps([STUDY, OTHER]), "a", source="ctgov").entries
    elsewhere = "TrialID,Public title\nISRCTN12345678,Something else entirely\nISRCTN00000009,A third study\n"
    entries += read(tmp_path, elsewhere, "b", source="ictrp").entries
    [link] = deduplicate(*entries).links
    assert (link["record_id_1"], link["record_id_2"]) == ("ctgov:NCT02834858", "ictrp:ISRCTN12345678")
    assert link["why"] == "both entries name ISRCTN12345678"


def test_what_a_register_says_survives_merging_and_stands_in_the_report(tmp_path: Path) -> None:
    entries = read(
        tmp_path, "TY  - DBASE\nAN  - NCT02834858\nT1  - Cells for ulcers\nER  - \n", "a", source="hand"
    ).entries
    entries += read(tmp_path, json.dumps(STUDY), "b", source="ctgov").entries
    [report] = deduplicate(*entries).reports
    assert report["registration"] == SAID
    rows = [{"report_id": report["report_id"], "note": "Still recruiting"}]
    material = SimpleNamespace(
        registrations=[], reports_by_fate={"ongoing": rows}, reports={report["report_id"]: report}
    )
    assert f"| {esc(SAID)} | Still recruiting |" in studies.ongoing(material)
