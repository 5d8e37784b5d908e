"""The source of the report: ``report.qmd`` with its fragments and figures, in a folder that anyone can render again."""

import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

from ..config import Config
from ..tables import whole
from .markdown import PORTRAIT, esc
from .material import Material, gather
from .provenance import inputs, versions
from .render import MANIFEST, STATIC, manifest, pandoc_reference
from .sections import FRAGMENTS


def write_report(
    config: Config, paths: dict[str, Any], static: Path, renderer: str, out: Path, provenance: str
) -> None:
    """Write the source of the report.

    Parameters
    ----------
    config : Config
    paths : dict
        The inputs, by the names that the rule ``write_report`` gives them.
    static : Path
        The folder of ``report.qmd`` and what goes with it.
    renderer : str
        Name and version of what will render the report.
    out : Path
        The folder; it is whole or absent.
    provenance : str
        Where versions and input hashes go, in full.
    """
    material = gather(config, paths, renderer)
    with whole(out) as part:
        try:
            (part / "fragments").mkdir(parents=True)
            (part / "figures").mkdir()
            for name in STATIC:
                shutil.copyfile(static / name, part / name)
            _figures(part / "figures", paths, material)
            flow = Path(paths["flow"]).read_text(encoding="utf-8").strip()
            for name, write in FRAGMENTS.items():
                text = write(material).replace("{{FLOW}}", flow)
                (part / "fragments" / f"{name}.md").write_text(text.strip() + "\n", encoding="utf-8")
            (part / "meta.yml").write_text(_meta(material), encoding="utf-8")
            with (part / "header.typ").open("a", encoding="utf-8") as handle:
                handle.write(_typst_date(config))
            _reference_doc(part / "reference.docx")
            (part / MANIFEST).write_text(manifest(part), encoding="utf-8")
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    with whole(provenance) as part:
        said = {"versions": versions(renderer), "inputs": inputs(config)}
        part.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _figures(folder: Path, paths: dict[str, Any], material: Material) -> None:
    for kind in ("svg", "png"):
        shutil.copyfile(Path(paths["flow"]).with_suffix(f".{kind}"), folder / f"flow.{kind}")
        shutil.copyfile(Path(paths["stop"]).with_name(f"course.{kind}"), folder / f"course.{kind}")
        shutil.copyfile(Path(paths["judgements"]).with_name(f"traffic_light.{kind}"), folder / f"traffic_light.{kind}")
        shutil.copyfile(Path(paths["judgements"]).with_name(f"summary.{kind}"), folder / f"bias_summary.{kind}")
    for figure in map(Path, paths["network_figures"]):
        if figure.stem in material.networks[figure.parent.name]["figures"]:
            shutil.copyfile(figure, folder / f"network-{figure.parent.name}_{figure.name}")
    for figure in map(Path, paths["figures"]):
        if figure.stem in material.drawn[figure.parent.name]:
            shutil.copyfile(figure, folder / f"{figure.parent.name}_{figure.name}")


def _meta(material: Material) -> str:
    """Title, authors and date as YAML; JSON strings are YAML too, and their text is escaped markdown."""
    review = material.config.review
    values: dict[str, Any] = {"title": esc(review.title), "date": review.date.isoformat()}
    if review.subtitle:
        values["subtitle"] = esc(review.subtitle)
    if review.authors:
        values["author"] = [esc(author.name) for author in review.authors]
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items())


def _typst_date(config: Config) -> str:
    day = config.review.date
    return f"#set document(date: datetime(year: {day.year}, month: {day.month}, day: {day.day}))\n"


_TABLE_LINES = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="B5B5B5"/>' for side in ("top", "bottom", "insideH")
)


def _reference_doc(path: Path) -> None:
    """Styles for Word: pandoc's own, on A4, with lines between the rows of tables, smaller type and whole rows."""
    with zipfile.ZipFile(pandoc_reference()) as default, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as changed:
        for item in default.infolist():
            data = default.read(item)
            if item.filename == "word/styles.xml":
                data = _with_styles(data.decode("utf-8")).encode("utf-8")
            elif item.filename == "word/document.xml":
                data = data.replace(b"</w:footnotePr>", b"</w:footnotePr>" + PORTRAIT.encode())
            changed.writestr(zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


_OWN_STYLES = (
    '<w:style w:type="paragraph" w:customStyle="1" w:styleId="ListItem"><w:name w:val="List Item"/>'
    '<w:basedOn w:val="BodyText"/><w:pPr><w:spacing w:before="36" w:after="36"/></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:customStyle="1" w:styleId="SourceCode"><w:name w:val="Source Code"/>'
    '<w:basedOn w:val="Normal"/><w:link w:val="VerbatimChar"/><w:pPr><w:wordWrap w:val="off"/></w:pPr>'
    '<w:rPr><w:sz w:val="20"/></w:rPr></w:style>'
)


def _with_styles(styles: str) -> str:
    """Small tables, and lists that are not; code as large as what it stands in."""
    styles = _with_table_style(styles).replace("</w:styles>", f"{_OWN_STYLES}</w:styles>")
    begin = styles.index('w:styleId="VerbatimChar"')
    end = styles.index("</w:style>", begin)
    return styles[:begin] + re.sub(r'<w:sz w:val="\d+" ?/>', "", styles[begin:end]) + styles[end:]


def _with_table_style(styles: str) -> str:
    begin = styles.index('<w:style w:type="table" w:default="1" w:styleId="Table">')
    end = styles.index("</w:style>", begin)
    table = styles[begin:end].replace(
        "<w:tblPr>", f'<w:rPr><w:sz w:val="17"/></w:rPr><w:tblPr><w:tblBorders>{_TABLE_LINES}</w:tblBorders>', 1
    )
    table = table.replace("</w:tblPr>", "</w:tblPr><w:trPr><w:cantSplit/></w:trPr>", 1)
    styles = styles[:begin] + table + styles[end:]
    begin = styles.index('w:styleId="Compact"')
    end = styles.index("</w:style>", begin)
    return styles[:end] + '<w:rPr><w:sz w:val="17"/><w:szCs w:val="17"/></w:rPr>' + styles[end:]
