"""A photograph and nothing else is enough: which model, which output, and what is said."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from photo_files import picture
from PIL import Image
from tiny_run import make_decider, make_runtime

from moei_toolkit.cli import PARTIAL
from moei_toolkit.commands import restore
from moei_toolkit.errors import ConfigError, ImageError, StoreError, WeightsMissingError
from moei_toolkit.inference.photos.folder import restore_photos
from moei_toolkit.inference.photos.paths import usual_output
from moei_toolkit.inference.pretrained import shipped
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.io.images.encoding.formats import WRITABLE_SUFFIXES
from moei_toolkit.io.reporter import RichReporter


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def default_model(trained, monkeypatch, tmp_path) -> Path:
    """The model of the toolkit is the tiny one."""
    models = tmp_path / "models"
    models.mkdir()
    (models / shipped.DEFAULT).symlink_to(trained.model)
    monkeypatch.setattr(shipped, "MODELS", models)
    return models / shipped.DEFAULT


@pytest.fixture
def photo(tmp_path) -> Path:
    return picture(tmp_path / "photos" / "photo.jpg", (40, 50))


def test_a_photograph_alone(default_model, photo, capsys):
    before = photo.read_bytes()
    assert restore.main([str(photo)]) == 0
    target = photo.parent / "restored" / "photo.jpg"
    assert sorted(content(photo.parent)) == ["photo.jpg", "restored/photo.jpg", "restored/photo.jpg.json"]
    assert photo.read_bytes() == before
    assert Image.open(target).size == Image.open(photo).size
    said = capsys.readouterr().err
    assert re.search(r"photo\.jpg: (expert (first|second), |abstained at )confidence \d\.\d\d", said)
    written = target.stat().st_mtime_ns
    assert restore.main([str(photo)]) == 0
    assert target.stat().st_mtime_ns == written
    assert "done before" in capsys.readouterr().err
    assert restore.main([str(photo), "--overwrite"]) == 0
    assert target.stat().st_mtime_ns != written


def test_a_folder_alone_and_once_more(default_model, photo, capsys):
    picture(photo.parent / "deep" / "b.png")
    for _ in range(2):
        assert restore.main([str(photo.parent)]) == 0
    pictures = [name for name in content(photo.parent) if not name.endswith(".json")]
    assert sorted(pictures) == ["deep/b.png", "photo.jpg", "restored/deep/b.png", "restored/photo.jpg"]
    assert capsys.readouterr().err.count("done before") == 2


def test_restorations_of_a_folder_below_are_left_out_but_pictures_that_are_none(default_model, photo, capsys):
    below = photo.parent / "deep"
    picture(below / "b.png")
    assert restore.main([str(below)]) == 0
    picture(below / "restored" / "of_paper.png")
    assert restore.main([str(photo.parent), "--dry-run"]) == 0
    asked = [Path(line.split(" -> ")[0]) for line in capsys.readouterr().out.splitlines()]
    assert asked[-3:] == [below / "b.png", below / "restored" / "of_paper.png", photo]
    assert restore.main([str(below / "restored"), "--dry-run"]) == 0  # which is what was asked for
    assert str(below / "restored" / "b.png") in capsys.readouterr().out


def test_it_may_be_where_the_command_is_run(default_model, photo, monkeypatch):
    monkeypatch.chdir(photo.parent)
    assert restore.main(["photo.jpg"]) == 0
    assert (photo.parent / "restored" / "photo.jpg").is_file()


def test_a_restored_photograph_is_a_photograph_too(default_model, photo):
    assert restore.main([str(photo)]) == 0
    once = photo.parent / "restored" / "photo.jpg"
    before = once.read_bytes()
    assert restore.main([str(once)]) == 0
    assert once.read_bytes() == before
    assert (once.parent / "restored" / "photo.jpg").is_file()


def test_the_default_is_the_model_that_has_this_name(default_model, trained, photo, tmp_path):
    for number, options in enumerate([[], ["--model", "moei-tiny"], ["--run", str(trained.run)]]):
        assert restore.main([str(photo), "-o", str(tmp_path / f"{number}.png"), *options]) == 0
    assert len({(tmp_path / f"{number}.png").read_bytes() for number in range(3)}) == 1


def test_a_dry_run_says_where_it_would_go(default_model, photo, capsys):
    assert restore.main([str(photo), "--dry-run"]) == 0
    assert capsys.readouterr().out == f"{photo} -> {photo.parent / 'restored' / 'photo.jpg'}\n"
    assert sorted(content(photo.parent)) == ["photo.jpg"]


def test_a_model_that_is_not_known(photo):
    with pytest.raises(ConfigError, match=r"no model 'moei_tiny'\. Did you mean 'moei-tiny'\?"):
        restore.main([str(photo), "--model", "moei_tiny"])


def test_an_installation_without_models(photo, monkeypatch, tmp_path):
    monkeypatch.setattr(shipped, "MODELS", tmp_path / "none")
    with pytest.raises(WeightsMissingError, match="or name a run or another model with --run"):
        restore.main([str(photo)])


def test_a_run_and_a_model_are_one_too_many(photo, capsys):
    with pytest.raises(SystemExit) as caught:
        restore.main([str(photo), "--model", "moei-tiny", "--run", "x"])
    assert caught.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


def test_a_photograph_that_is_not_there(default_model, tmp_path):
    with pytest.raises(ImageError, match="there is no such photograph"):
        restore.main([str(tmp_path / "nope.jpg")])


def test_the_usual_output():
    assert usual_output(Path("a/b.jpg")) == Path("a/restored")
    assert usual_output(Path("b.jpg")) == Path("restored")
    assert usual_output(Path(__file__).parent) == Path(__file__).parent / "restored"


@pytest.mark.parametrize(
    ("threshold", "said"),
    [
        (0.0, r"expert first, confidence 0\.88, \d+\.\d s"),
        (0.9, r"abstained at confidence 0\.88: dense, \d+\.\d s"),
    ],
)
def test_one_line_says_who_restored_it_how_sure_and_how_long(photo, tmp_path, capsys, threshold, said):
    restorer = Restorer(make_runtime(), make_decider(2.0, 0.0, threshold=threshold))
    assert restore_photos(restorer, [(photo, tmp_path / "a.png")], RichReporter()).failures == []
    assert re.search(rf"a\.png: {said}$", capsys.readouterr().err, re.MULTILINE)


@pytest.mark.parametrize("name", ["", "./empty"])
def test_no_other_model_stands_in_for_one_that_is_named(default_model, photo, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        ConfigError, match=rf"has no model '{name}'\. Known: 'moei-tiny'\.( A folder goes .*)?$"
    ):
        restore.main([str(photo), "--model", name])
    assert not (photo.parent / "restored").exists()


def test_what_was_restored_before_is_not_restored_again_elsewhere(default_model, photo, tmp_path):
    assert restore.main([str(photo.parent)]) == 0
    assert restore.main([str(photo.parent), "-o", str(tmp_path / "out")]) == 0
    assert sorted(content(tmp_path / "out")) == ["photo.jpg", "photo.jpg.json"]


def test_a_disk_that_refuses_everything_is_no_partial_success(default_model, photo, monkeypatch, capfd):
    def full(path: object) -> None:
        raise StoreError("no space left")

    for name in ("b.jpg", "z.jpg"):
        photo.with_name(name).write_bytes(photo.read_bytes())
    photo.with_name("a.jpg").write_bytes(b"no picture")
    monkeypatch.setattr("moei_toolkit.io.images.encoding.rows.atomic_file", full)
    assert restore.main([str(photo.parent)]) == StoreError.exit_code
    said = capfd.readouterr().err
    assert "error: no space left\nerror: photographs that were not tried after that: 2\n" in said


def test_names_cannot_write_on_the_terminal(default_model, photo, capfd):
    photo.rename(photo.with_name("a\x1b[31m.jpg"))
    assert restore.main([str(photo.parent)]) == 0
    said = capfd.readouterr().err
    assert "\x1b[31m.jpg" not in said
    assert r"a\x1b[31m.jpg: expert" in said


def test_what_is_hidden_in_a_folder_is_passed_over(default_model, photo):
    photo.with_name("._photo.jpg").write_bytes(b"what macOS leaves beside a photograph")
    (photo.parent / ".thumbnails").mkdir()
    picture(photo.parent / ".thumbnails" / "photo.png", (8, 8))
    assert restore.main([str(photo.parent)]) == 0
    assert {path.name for path in (photo.parent / "restored").iterdir()} == {"photo.jpg", "photo.jpg.json"}


def test_a_photograph_that_is_named_twice_is_restored_once(default_model, photo, tmp_path, capsys):
    out = tmp_path / "out"
    assert restore.main([str(photo), str(photo.parent), "-o", str(out), "--dry-run"]) == 0
    assert capsys.readouterr().out.count(" -> ") == 1


def test_a_name_of_another_encoding_does_not_stop_the_others(default_model, photo, capfd):
    other = photo.with_name(os.fsdecode(b"a\xe9.jpg"))
    try:
        other.write_bytes(photo.read_bytes())
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    assert restore.main([str(photo.parent), "--dry-run"]) == 0
    assert f"{photo.parent}/a\\udce9.jpg -> " in capfd.readouterr().out
    assert restore.main([str(photo.parent)]) == PARTIAL
    assert f"{photo.parent}/a\\udce9.jpg: expected a name in UTF-8; rename it" in capfd.readouterr().err
    assert (photo.parent / "restored" / "photo.jpg").is_file()


def test_a_name_that_leaves_no_room_for_its_record_does_not_stop_the_others(default_model, photo, capfd):
    longest, longer = (photo.with_name(length * "n" + ".jpg") for length in (246, 247))
    for path in (longest, longer):
        path.write_bytes(photo.read_bytes())
    assert restore.main([str(photo.parent)]) == PARTIAL
    assert (
        "nnn.jpg: expected a name of at most 250 bytes, for its record's is longer" in capfd.readouterr().err
    )
    names = {path.name for path in (photo.parent / "restored").iterdir()}
    assert names == {name + end for name in ("photo.jpg", longest.name) for end in ("", ".json")}


def test_several_photographs_go_to_one_folder(default_model, photo, tmp_path, capsys):
    other = picture(tmp_path / "more" / "other.png", (40, 50))
    assert restore.main([str(photo), str(other), "-o", str(tmp_path / "out")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").glob("*.?ng")) == ["other.png"]
    assert (tmp_path / "out" / "photo.jpg").is_file()
    same = picture(tmp_path / "more" / "photo.jpg", (40, 50))
    with pytest.raises(ImageError, match=r"out/photo\.jpg: both .* would be restored to it"):
        restore.main([str(photo), str(same), "-o", str(tmp_path / "out"), "--dry-run"])
    below = picture(tmp_path / "more" / "sub" / "x.png", (40, 50))
    kept = picture(tmp_path / "out" / "sub" / "x.png", (40, 50))
    with pytest.raises(ImageError, match=r"out/sub/x\.png: the restored picture would replace a photograph"):
        restore.main([str(kept), str(below.parents[1]), "-o", str(tmp_path / "out"), "--dry-run"])
    capsys.readouterr()
    assert restore.main([str(other), str(other), "-o", str(tmp_path / "out"), "--dry-run"]) == 0
    assert capsys.readouterr().out == f"{other} -> {tmp_path / 'out' / 'other.png'}\n"
    with pytest.raises(ImageError, match=r"out\.png: expected a folder for the restorations of 2"):
        restore.main([str(photo), str(other), "-o", str(tmp_path / "out.png"), "--dry-run"])


@pytest.mark.parametrize("name", ["notes.md", "clip.gif", "photo"])
def test_a_dry_run_refuses_what_cannot_become_a_photograph(default_model, photo, name):
    other = photo.with_name(name)
    other.write_bytes(b"words")
    with pytest.raises(ImageError, match=f"{name}: expected a photograph whose kind can be written"):
        restore.main([str(other), "--dry-run"])


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
def test_a_folder_is_searched_for_every_kind_that_can_be_written(default_model, photo, suffix, capsys):
    picture(photo.with_name(f"other{suffix}"), (8, 8))
    assert restore.main([str(photo.parent), "--dry-run"]) == 0
    assert f"other{suffix} -> " in capsys.readouterr().out


def test_pictures_that_are_not_read_are_told_of(default_model, photo, capsys):
    for name in ("a.heic", "B.HEIC", "c.gif", "notes.md"):
        photo.with_name(name).write_bytes(b"x")
    assert restore.main([str(photo.parent), "--dry-run"]) == 0
    assert capsys.readouterr().err == f"{photo.parent}: files that are not read: .gif 1, .heic 2\n"


def test_folders_behind_links_are_told_of(default_model, photo, tmp_path, capsys):
    elsewhere = picture(tmp_path / "disk" / "far.png", (8, 8)).parent
    (photo.parent / "more").symlink_to(elsewhere)
    (photo.parent / "around").symlink_to(".")
    (photo.parent / "restored").symlink_to(elsewhere)  # where restorations go
    assert restore.main([str(photo.parent), "--dry-run"]) == 0
    told = capsys.readouterr()
    assert told.err == f"{photo.parent}: files that are not read: links to folders 2\n"
    assert told.out.count("->") == 1


def test_a_folder_that_cannot_be_read_is_told_of(default_model, photo, monkeypatch, capsys):
    closed = photo.parent / "closed"
    closed.mkdir()
    scandir = os.scandir

    def refuse(path: str | Path) -> object:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)
    assert restore.main([str(photo.parent)]) == PARTIAL
    assert f"error: {closed}: cannot be read: Permission denied\n" in capsys.readouterr().err
    assert (photo.parent / "restored" / "photo.jpg").is_file()
    with pytest.raises(ImageError, match="closed: cannot be read: Permission denied"):
        restore.main([str(closed)])
