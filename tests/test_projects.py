"""Which project a directory belongs to, and what it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from earnmark.book.projects import Namer, Project, resolve
from tests.faces import rows
from tests.writing import Home, Shell, claude


def repository(folder: Path, remote: str = "") -> Path:
    (folder / ".git").mkdir(parents=True)
    config = "[core]\n\tbare = false\n"
    if remote:
        config += f'[remote "fork"]\n\turl = https://example.com/other/fork\n[remote "origin"]\n\tpushurl = nowhere\n\turl = {remote}\n'
    (folder / ".git" / "config").write_text(config)
    return folder


def worktree(main: Path, folder: Path, directory: str = ".git") -> Path:
    inside = main / directory / "worktrees" / folder.name
    inside.mkdir(parents=True)
    (inside / "commondir").write_text("../..\n")
    folder.mkdir(parents=True)
    (folder / ".git").write_text(f"gitdir: {inside}\n")
    return folder


def test_a_directory_inside_a_repository_is_the_repository(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop")
    assert resolve(f"{shop}/src/deep") == resolve(str(shop)) == Project("shop", str(shop), "")


def test_a_worktree_is_its_repository(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop")
    assert resolve(str(worktree(shop, tmp_path / "elsewhere" / "fix-41"))) == Project("shop", str(shop), "")


def test_a_worktree_of_a_bare_repository_is_that_repository(tmp_path: Path) -> None:
    bare = tmp_path / "shop.git"
    bare.mkdir()
    (bare / "config").write_text("[core]\n\tbare = true\n")
    assert resolve(str(worktree(bare, tmp_path / "main", "."))).name == "shop"


@pytest.mark.parametrize("gone", ["/home/ana/shop/.claude/worktrees/fix", "/home/ana/shop/.worktrees/fix/src", "/home/ana/shop"])
def test_a_worktree_that_is_gone_is_known_by_its_path(gone: str) -> None:
    assert resolve(gone) == Project("shop", "/home/ana/shop", "")


def test_a_worktree_that_leads_nowhere_is_a_project_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost" / ".git").write_text("gitdir: /nowhere\n")
    assert resolve(str(tmp_path / "lost")).name == "lost"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://github.com/acme/shop-api.git", "https://github.com/acme/shop-api.git"),
        ("https://ana:token@github.com/acme/shop-api", "https://github.com/acme/shop-api"),
        ("git@github.com:acme/shop-api.git", "git@github.com:acme/shop-api.git"),
    ],
)
def test_the_remote_names_the_project_and_holds_no_secret(tmp_path: Path, url: str, shown: str) -> None:
    folder = repository(tmp_path / "local-name", url)
    assert resolve(str(folder)) == Project("shop-api", str(folder), shown)


def test_windows_paths_are_understood() -> None:
    assert resolve("C:\\Users\\ana\\shop\\").name == "shop"


def known(*projects: tuple[str, str]) -> dict[str, tuple[str, str, str]]:
    return {root: (remote.removesuffix(".git").split("/")[-1] if remote else root.split("/")[-1], root, remote) for root, remote in projects}


def test_projects_of_one_name_are_told_apart() -> None:
    namer = Namer(known(("/a/x/app", ""), ("/b/x/app", ""), ("/c/shop", "")), {})
    assert [namer(path) for path in ("/a/x/app", "/b/x/app", "/c/shop")] == ["a/x/app", "b/x/app", "shop"]


def test_clones_of_one_remote_are_one_project_however_it_is_reached() -> None:
    namer = Namer(known(("/one/app", "https://github.com/acme/app.git"), ("/two/app", "git@github.com:acme/app.git"), ("/three/app", "")), {})
    assert namer("/one/app") == namer("/two/app") == "acme/app"
    assert namer("/three/app") == "three/app"


def test_chosen_names_gather_directories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    chosen = {"/work/*": "Work", "~/oss": "Open source", "/exact": "Exact"}
    namer = Namer({}, chosen)
    assert [namer(path) for path in ("/work/a", "/work/b/c", "/home/ana/oss/x", "/home/ana/oss", "/exact", "/exactly")] == [
        "Work", "Work", "Open source", "Open source", "Exact", "exactly",
    ]  # fmt: skip


def test_reports_show_projects_and_filter_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(tmp_path)
    shop = repository(tmp_path / "src" / "shop")
    fix = worktree(shop, tmp_path / "fix")
    other = tmp_path / "other" / "shop"
    other.mkdir(parents=True)
    home.write(home.claude("one"), claude("1", cwd=str(shop)) + claude("2", cwd=str(fix)) + claude("3", cwd=str(other)) + claude("4", cwd="/plain"))
    shell = Shell(home, monkeypatch, capsys)
    assert {row["project"]: row["calls"] for row in rows(shell, "project")} == {"src/shop": 2, "other/shop": 1, "plain": 1}
    assert [row["project"] for row in rows(shell, "project", "--project", "*/shop")] == ["src/shop", "other/shop"]
    assert [row["calls"] for row in rows(shell, "project", "--project", str(fix))] == [1]
    assert shell("config", "set", "projects", f"{tmp_path}/*=Everything")[0] == 0
    assert {row["project"]: row["calls"] for row in rows(shell, "project")} == {"Everything": 3, "plain": 1}
