"""Definitions that stand in another pack: used as if they were one's own."""

from pathlib import Path

from monitor import rulepacks
from monitor.model import Item

SHARED = """\
version: 1
theme: shared
defs:
  russian: {ru: ["газ~"]}
  gas: "@russian OR gas"
"""
USER = """\
version: 1
theme: t
imports:
  SHARED: [gas]
defs:
  russian: [coal]
rules:
  - id: r
    title: R
    match: "@gas AND price"
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def item(title: str) -> Item:
    return Item(id="i", feed="f", key="i", title=title)


def test_an_imported_definition_keeps_its_own_names(tmp_path: Path) -> None:
    write(tmp_path, "shared.yaml", SHARED)
    user = write(tmp_path, "user.yaml", USER.replace("SHARED", "shared.yaml"))
    book = rulepacks.load([user])
    assert book.match(item("Цена на газ: price"))
    assert not book.match(item("The price of coal"))


def test_an_import_is_found_from_the_folder_of_its_pack(tmp_path: Path) -> None:
    write(tmp_path, "shared.yaml", SHARED)
    user = write(tmp_path, "sub/user.yaml", USER.replace("SHARED", "../shared.yaml"))
    library = rulepacks.Library()
    assert rulepacks.load([user], library).match(item("The price of gas"))
    assert library.files == (tmp_path / "sub" / "../shared.yaml",)


def test_a_rule_has_another_version_when_what_it_imports_changes(
    tmp_path: Path,
) -> None:
    shared = write(tmp_path, "shared.yaml", SHARED)
    user = write(tmp_path, "user.yaml", USER.replace("SHARED", "shared.yaml"))
    before = rulepacks.load([user]).rules["r"].version
    write(tmp_path, "shared.yaml", SHARED + "  more: [peat]\n")
    assert rulepacks.load([user]).rules["r"].version == before
    shared.write_text(SHARED.replace("OR gas", "OR gas OR lng"), encoding="utf-8")
    assert rulepacks.load([user]).rules["r"].version != before


def test_imports_of_imports_work_and_circles_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", SHARED)
    write(
        tmp_path,
        "b.yaml",
        "version: 1\ntheme: t\nimports: {a.yaml: [gas]}\ndefs: {fuel: '@gas OR oil'}\n",
    )
    user = write(tmp_path, "c.yaml", USER.replace("SHARED: [gas]", "b.yaml: [fuel]"))
    user.write_text(
        user.read_text(encoding="utf-8").replace("@gas", "@fuel"), encoding="utf-8"
    )
    assert rulepacks.load([user]).match(item("Oil price"))
    write(tmp_path, "a.yaml", SHARED + "imports: {b.yaml: [fuel]}\n")
    (problem,) = rulepacks.check([user])
    assert problem.code == "Q154"
    assert "a circle: b.yaml > a.yaml > b.yaml" in problem.message


def test_no_line_of_a_file_that_is_no_pack_is_shown(tmp_path: Path) -> None:
    write(tmp_path, "secret.yaml", "password: [hunter2\n")
    user = write(tmp_path, "user.yaml", USER.replace("SHARED", "secret.yaml"))
    (problem,) = rulepacks.check([user])
    assert "hunter2" not in str(problem)


def test_a_file_that_cannot_be_imported_is_read_once_however_many_lead_to_it(
    tmp_path: Path,
) -> None:
    """Two ways in each of twenty files are a million ways to the last."""
    for number in range(20):
        names = [f"{side}{number + 1}.yaml: [x]" for side in "ab"]
        imports = f"imports: {{{', '.join(names)}}}\n" if number < 19 else ""
        defs = "defs: {x: ['g*']}\n" if number == 19 else "defs: {y: gas}\n"
        for side in "ab":
            path = tmp_path / f"{side}{number}.yaml"
            path.write_text(f"version: 1\ntheme: t\n{imports}{defs}", encoding="utf-8")
    problems = rulepacks.check([tmp_path / "a0.yaml"])
    assert [problem.code for problem in problems] == ["Q154", "Q154"]


def test_imports_that_lead_through_very_many_files_are_refused(tmp_path: Path) -> None:
    for number in range(400):
        (tmp_path / f"{number}.yaml").write_text(
            f"version: 1\ntheme: t\nimports: {{{number + 1}.yaml: [x]}}\ndefs: {{y: gas}}\n",
            encoding="utf-8",
        )
    (problem,) = rulepacks.check([tmp_path / "0.yaml"])
    assert problem.code == "Q154"
    assert "over more than 24 files" in problem.message
