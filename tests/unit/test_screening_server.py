"""What the page's server lets in and gives out: hosts, tokens, keys, hostile texts, other reviewers' decisions."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prismake.people import read_people
from prismake.problems import InputError
from prismake.screening import growing
from prismake.screening.lots import is_read_twice
from prismake.screening.order import Order
from prismake.screening.page.guard import Guard, is_loopback
from prismake.screening.page.progress import Here, agreement_line
from prismake.screening.page.server import make_app
from prismake.screening.screen import _listen, main
from prismake.screening.showings import LOG
from screening_cases import CONFIG, HOSTILE, act_id, decide, desk, make_folder, report

PORT = 8470
HERE = f"http://127.0.0.1:{PORT}"
TOKEN = "a token of some length"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    reports = [report(1, title=HOSTILE, abstract=HOSTILE * 2, authors=[HOSTILE]), *(report(n) for n in range(2, 6))]
    return make_folder(tmp_path / "review", reports)


def client(folder: Path, guard: Guard | None = None, reviewer: str = "Ann") -> FlaskClient:
    at = desk(folder, reviewer)
    app = make_app(at, Order(at), guard or Guard("127.0.0.1", PORT, key="the key"))
    return app.test_client()


def get(at: FlaskClient, path: str, host: str = HERE, **more: Any) -> Any:
    return at.get(path, base_url=host, **more)


def post(at: FlaskClient, path: str, body: Any, headers: dict[str, str] | None = None, **more: Any) -> Any:
    sent = {"X-Prismake-Key": "the key", "Origin": HERE} | (headers or {})
    return at.post(path, base_url=HERE, json=body, headers={k: v for k, v in sent.items() if v}, **more)


def act(number: int, report_id: str = "R2", **more: Any) -> dict[str, Any]:
    return {"report": report_id, "id": act_id(number), "expected": [], "decision": "include"} | more


def written(folder: Path) -> list[str]:
    return [row.decision for row in read_people("review/decisions/screening.csv", root=folder)]


def test_a_decision_is_on_disk_when_the_answer_comes(folder: Path) -> None:
    at = client(folder)
    answer = post(at, "/api/decide", act(1))
    assert (answer.status_code, answer.json["saved"]) == (200, [act_id(1)])
    assert answer.json["progress"]["counts"] == {"include": 1}
    assert written(folder) == ["include"]
    assert post(at, "/api/undo", act(2, expected=[act_id(1)])).status_code == 200
    assert written(folder) == ["include", "withdrawn"]
    assert post(at, "/api/undo", act(3)).status_code == 409


@pytest.mark.parametrize("blinded", [True, False])
def test_a_broken_table_tells_no_decision_of_another_reviewer_while_blinded(folder: Path, blinded: bool) -> None:
    path = folder / "config.yaml"
    path.write_text(f"{path.read_text(encoding='utf-8')}  blinded: {str(blinded).lower()}\n", encoding="utf-8")
    at = client(folder)
    with (folder / "review/decisions/screening.csv").open("a", encoding="utf-8") as table:
        table.write(
            "b1,s:1,title_abstract,Bob,include,,,2025-01-01,\nb2,s:1,title_abstract,Bob,exclude,design,,2025-01-01,\n"
        )
        table.write("b3,s:2,title_abstract,Bob,unsure,design,,2025-01-01,\n")
    answer = get(at, "/api/next")
    said = answer.json["error"]
    assert answer.status_code == 422
    assert [line.split(":")[0] for line in said.splitlines()] == [
        "review/decisions/screening.csv, line 3", "review/decisions/screening.csv, line 4, column reason",
    ]  # fmt: skip
    told = [word for word in ("include", "exclude", "unsure", "design", "Bob", "b1") if word in said]
    assert bool(told) != blinded
    refused = post(at, "/api/decide", act(1, decision="maybe"))
    assert "expected one of include, exclude, unsure" in refused.json["error"], "of one's own all is said"
    (folder / "review/decisions/screening.csv").write_text("decision_id,reviewer\n", encoding="utf-8")
    said = get(at, "/api/next").json["error"]
    assert "line 1: found" in said
    assert "blinded" not in said, "a header tells no decision"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Prismake-Key": ""}, 403),
        ({"X-Prismake-Key": "another"}, 403),
        ({"X-Prismake-Key": "käy"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"http://localhost:{PORT + 1}"}, 403),
        ({"Origin": "", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_another_sites_page_writes_nothing(folder: Path, headers: dict[str, str], status: int) -> None:
    answer = post(client(folder), "/api/decide", act(1), headers)
    assert answer.status_code == status
    assert answer.json["error"]
    assert written(folder) == []


@pytest.mark.parametrize(
    "host",
    [
        "http://evil.example",
        f"http://evil.example:{PORT}",
        f"http://127.0.0.1.evil.example:{PORT}",
    ],
)
def test_a_name_that_points_here_gets_no_answer(folder: Path, host: str) -> None:
    for path in ("/", "/api/session", "/api/next"):
        answer = get(client(folder), path, host)
        assert answer.status_code == 421
        assert b"key" not in answer.data
    assert get(client(folder), "/", f"http://localhost:{PORT}").status_code == 200
    assert get(client(folder), "/", f"http://[::1]:{PORT}").status_code == 200
    assert get(client(folder), "/", "http://localhost:9000").status_code == 200, "a tunnel has a port of its own"


def test_an_address_for_other_machines_needs_a_token() -> None:
    for host in ("0.0.0.0", "192.168.1.5", "example.org", "::"):
        with pytest.raises(InputError, match="without --token"):
            Guard(host, PORT)
    with pytest.raises(InputError, match="a token of 12 characters or more"):
        Guard("127.0.0.1", PORT, "short")
    assert Guard("::1", PORT).address == f"http://[::1]:{PORT}/"
    assert Guard("10.0.0.1", PORT, "long & with spaces").address.endswith("/?token=long%20%26%20with%20spaces")
    assert [is_loopback(host) for host in ("127.8.0.1", "::1", "localhost", "10.0.0.1", "localhost.evil.example")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_the_token_is_asked_of_every_browser(folder: Path) -> None:
    guard = Guard("0.0.0.0", PORT, TOKEN, key="the key")
    at, host = client(folder, guard), f"http://machine.example:{PORT}"
    for path in ("/", "/api/session", "/static/main.js", "/?token=wrong", "/?token=%E4"):
        assert get(at, path, host).status_code == 401
    assert at.post("/api/decide", base_url=host, json=act(1), headers={"X-Prismake-Key": "the key"}).status_code == 401
    answer = get(at, f"/?token={TOKEN.replace(' ', '%20')}", host)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "a token" not in cookie
    assert get(at, "/api/session", host).status_code == 200
    headers = {"X-Prismake-Key": "the key", "Origin": host}
    assert at.post("/api/decide", base_url=host, json=act(1), headers=headers).status_code == 200


def test_every_answer_carries_the_headers_that_keep_scripts_out(folder: Path) -> None:
    at = client(folder)
    for path in ("/", "/static/main.js", "/static/style.css", "/api/session", "/nothing", "/api/nothing"):
        answer = get(at, path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self';" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/server.py",
        "/static/..%2fdesk.py",
        "/static/page.html",
        "/static/%2e%2e/%2e%2e/x.js",
        "/review/",
        "/config.yaml",
    ],
)
def test_only_the_pages_own_files_are_served(folder: Path, path: str) -> None:
    answer = get(client(folder), path)
    assert answer.status_code in (404, 308)
    assert b"import" not in answer.data


def test_hostile_texts_are_escaped_in_the_page_and_data_elsewhere(folder: Path) -> None:
    at = client(folder)
    page = get(at, "/").text
    assert "A review &lt;b&gt;of&lt;/b&gt; ulcers" in page
    answer = get(at, "/api/report?id=R1")
    assert answer.mimetype == "application/json"
    assert "".join(piece for piece, _ in answer.json["report"]["title"]) == HOSTILE
    reviewer = "<script>x</script>"
    assert reviewer not in get(client(folder, reviewer=reviewer), "/").text


def test_there_is_no_markup_made_from_text_and_no_inline_script() -> None:
    page = Path(make_app.__code__.co_filename).parent
    for path in page.glob("*.js"):
        text = path.read_text()
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://"):
            assert word not in text, path.name
    text = (page / "page.html").read_text()
    assert "<script>" not in text
    assert " style=" not in text
    assert not re.search(r"\son\w+=", text)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        "x",
        act(1, id="d1"),
        act(1, expected="S-1"),
        act(1, more=1),
        act(1, note=7),
        act(1, note="n" * 5001),
        act(1, report=["R2"]),
    ],
)
def test_malformed_requests_are_refused_in_plain_words(folder: Path, body: Any) -> None:
    answer = post(client(folder), "/api/decide", body)
    assert answer.status_code == 400
    assert answer.json["error"].startswith("The page sent something that cannot be used (")
    assert written(folder) == []


def test_requests_have_a_largest_size(folder: Path) -> None:
    answer = post(client(folder), "/api/decide", act(1, note="n" * 70_000))
    assert answer.status_code in (400, 413)
    assert written(folder) == []


def test_a_full_disk_is_said_and_nothing_is_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = client(folder)
    monkeypatch.setattr(growing.os, "write", lambda file, data: 0)
    answer = post(at, "/api/decide", act(1))
    monkeypatch.undo()
    assert (answer.status_code, answer.json["error"]) == (
        507, "The decision could not be written to disk: No space left on device.",
    )  # fmt: skip
    assert get(at, "/api/progress").json["decided"] == 0
    assert post(at, "/api/decide", act(1)).status_code == 200


def test_a_table_that_a_person_broke_is_named_by_line(folder: Path) -> None:
    at = client(folder)
    path = folder / "review/decisions/screening.csv"
    path.write_text(path.read_text() + "d1,s:2,title_abstract,x,perhaps,,,2025-01-02,\n")
    answer = post(at, "/api/decide", act(1))
    assert answer.status_code == 422
    assert "screening.csv, line 2, column decision: found" in answer.json["error"]


def test_nothing_that_is_sent_names_another_reviewers_decision_while_blinded(folder: Path) -> None:
    decide(desk(folder, "Bob the other"), "R2", "exclude", 77, "animals")
    at = client(folder)
    post(at, "/api/decide", act(1))
    paths = (
        "/api/session",
        "/api/next?count=8",
        "/api/report?id=R2",
        "/api/search?q=title",
        "/api/mine",
        "/api/progress",
    )
    sent = "".join(json.dumps(get(at, path).json) for path in paths)
    assert "Bob" not in sent
    assert act_id(77) not in sent
    assert get(at, "/api/report?id=R2").json["report"]["others"] == []


def test_agreement_stands_in_the_panel_only_where_nobody_is_blinded(folder: Path) -> None:
    decide(desk(folder, "Bob"), "R2", "exclude", 77)
    decide(desk(folder, "Bob"), "R3", "include", 78)
    decide(desk(folder), "R2", "include", 1)
    decide(desk(folder), "R3", "include", 2)
    at = desk(folder)
    assert agreement_line(Here(at, Order(at))) == ""
    (folder / "config.yaml").write_text(CONFIG.replace("screening:\n", "screening:\n  blinded: false\n"))
    at = desk(folder)
    assert agreement_line(Here(at, Order(at))) == "You agree on 1 of 2 with Bob."


def test_reasons_stand_in_the_order_of_the_protocol(folder: Path) -> None:
    sent = json.loads(get(client(folder), "/api/session").text)["reasons"]
    assert list(sent.items()) == [("design", "Wrong design"), ("animals", "Animals, in vivo")]


def test_the_next_reports_leave_out_what_the_page_has(folder: Path) -> None:
    at = client(folder)
    first = [one["report"] for one in get(at, "/api/next?count=2").json["reports"]]
    rest = [one["report"] for one in get(at, f"/api/next?count=8&have={first[0]}&have={first[1]}").json["reports"]]
    assert sorted(first + rest) == ["R1", "R2", "R3", "R4", "R5"]
    post(at, "/api/decide", act(1, first[0]))
    assert first[0] not in [one["report"] for one in get(at, "/api/next?count=8").json["reports"]]


def test_screeners_who_share_a_pile_are_offered_different_reports(tmp_path: Path) -> None:
    declared = "title_abstract: {reviewers: 1, second_reads: 0.2, screeners: [Ann, Bob]}"
    text = CONFIG.replace("title_abstract: {reviewers: 2, adjudicators: [Judge]}", declared)
    folder = make_folder(tmp_path / "review", [report(n) for n in range(40)], text)

    def offered(name: str, have: list[str]) -> list[str]:
        answer = get(pages[name], "/api/next?count=5&have=" + "&have=".join(have))
        return [one["report"] for one in answer.json["reports"]]

    pages = {name: client(folder, reviewer=name) for name in ("Ann", "Bob")}
    shares = {name: {one for one in desk(folder).shelf.ids if desk(folder, name).has_share(one)} for name in pages}
    twice = shares["Ann"] & shares["Bob"]
    assert 0 < len(twice) < 20
    assert twice == {
        one for one in desk(folder).shelf.ids if is_read_twice(f"s:{one[1:]}", "title_abstract", desk(folder).settings)
    }
    assert len(shares["Ann"] | shares["Bob"]) == 40
    assert not set(offered("Ann", [])) & set(offered("Bob", [])) - twice
    read: list[str] = []
    while found := offered("Ann", []):
        for one in found:
            read.append(one)
            post(pages["Ann"], "/api/decide", act(len(read), one))
    own = len(shares["Ann"])
    assert (set(read[:own]), len(read)) == (shares["Ann"], 40), "what fell to Bob and waits is offered last"
    assert set(offered("Bob", [])) <= twice


def test_what_is_shown_is_logged(folder: Path) -> None:
    at = client(folder)
    assert post(at, "/api/shown", {"report": "R2", "how": "next"}).status_code == 200
    assert post(at, "/api/shown", {"report": "R3", "how": "search"}).status_code == 200
    assert post(at, "/api/shown", {"report": "R9", "how": "next"}).status_code == 404
    assert post(at, "/api/shown", {"report": "R3", "how": "=1"}).status_code == 400
    lines = (folder / LOG).read_text().splitlines()[1:]
    assert [line.split(",")[1:6] for line in lines] == [
        ["Ann", "title_abstract", "1", "s:2", "drawn"],
        ["Ann", "title_abstract", "2", "s:3", "search"],
    ]


def test_the_log_and_the_progress_tell_of_a_calibration_round(folder: Path) -> None:
    declared = "title_abstract: {calibration: 2, screeners: [Ann, Bob]}"
    (folder / "config.yaml").write_text(
        CONFIG.replace("title_abstract: {reviewers: 2, adjudicators: [Judge]}", declared), encoding="utf-8"
    )
    at = client(folder)
    answer = get(at, "/api/next?count=5").json
    drawn = [one["report"] for one in answer["reports"]]
    assert answer["progress"]["lines"][0] == (
        "Calibration round: of 2 reports that every reviewer reads first, you have 2 left."
    )
    for name in drawn[1:3]:
        assert post(at, "/api/shown", {"report": name, "how": "next"}).status_code == 200
    assert [line.split(",")[5] for line in (folder / LOG).read_text().splitlines()[1:]] == ["calibration", "drawn"]


def test_own_decisions_are_listed_the_latest_first(folder: Path) -> None:
    at = client(folder)
    for number, name in enumerate(("R3", "R2", "R5"), start=1):
        post(at, "/api/decide", act(number, name))
    post(at, "/api/decide", act(4, "R3", expected=[act_id(1)], decision="unsure"))
    found = get(at, "/api/mine").json
    assert [(one["report"], one["own"][0]["decision"]) for one in found["found"]] == [
        ("R3", "unsure"), ("R5", "include"), ("R2", "include"),
    ]  # fmt: skip


def test_two_pages_that_start_at_once_take_two_ports() -> None:
    one, other = _listen("127.0.0.1", None), _listen("127.0.0.1", None)
    try:
        assert one.getsockname() != other.getsockname()
        with pytest.raises(InputError, match=r"--port: found 127\.0\.0\.1:\d+, which cannot be had"):
            _listen("127.0.0.1", one.getsockname()[1])
        for nowhere in ("300.1.1.1", "192.0.2.1"):
            with pytest.raises(InputError, match=r"--host: found '\d.*; expected an address of this machine"):
                _listen(nowhere, None)
    finally:
        one.close()
        other.close()


def test_the_command_says_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--reviewer", "Ann", "--directory", str(folder), "--host", "0.0.0.0"]) == 1
    assert "--host: found '0.0.0.0' without --token; expected a token" in capsys.readouterr().err
    assert main(["--reviewer", "Ann", "--directory", str(folder / "review")]) == 1
    assert "config.yaml: found no readable file" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--reviewer", "Ann", "--port", "0"])


def test_many_requests_at_once_fail_in_none_and_lose_nothing(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "review", [report(n) for n in range(120)])
    at = desk(folder)
    app = make_app(at, Order(at), Guard("127.0.0.1", PORT, key="the key"))

    def work(first: int) -> set[int]:
        browser, seen = app.test_client(), set()
        for number in range(first, first + 20):
            seen.add(post(browser, "/api/decide", act(number, f"R{number}")).status_code)
            seen.add(post(browser, "/api/shown", {"report": f"R{number}", "how": "next"}).status_code)
            for path in ("/api/next?count=3", "/api/mine", f"/api/report?id=R{119 - number}", "/api/search?q=title"):
                seen.add(get(browser, path).status_code)
            at.labels()
        return seen

    with ThreadPoolExecutor(6) as pool:
        assert set().union(*pool.map(work, range(0, 120, 20))) == {200}
    assert written(folder) == ["include"] * 120
    assert get(app.test_client(), "/api/progress").json["waiting"] == 0
