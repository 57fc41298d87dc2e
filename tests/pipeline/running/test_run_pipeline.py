import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fake_pipeline import Lines, committed, count, make_config, make_stages, make_store, version_of

from moei_toolkit.errors import DataError, MoeiError, StoreError
from moei_toolkit.io.manifest import read_manifest
from moei_toolkit.io.run_record import RECORD, read_run
from moei_toolkit.pipeline.running.run import run_pipeline


class Lab:
    """Runs the fake pipeline in one folder again and again."""

    def __init__(self, folder):
        self.work_dir = folder / "work"
        self.log = folder / "log"
        self.lines = []

    def run(self, stages=None, seed=0, store=None, beta=20, width=8, **options):
        config = make_config(self.work_dir, seed=seed, store=store)
        reporter = Lines()
        stages = stages or make_stages(self.log, beta=beta, width=width)
        self.lines = reporter.lines
        self.log.unlink(missing_ok=True)
        return run_pipeline(config, stages, make_store(config), reporter, version_of=version_of, **options)

    def ran(self):
        if not self.log.exists():
            return []
        return [line.split()[1] for line in self.log.read_text().splitlines() if line.startswith("start")]


ALL = ["data", "train", "experts.a", "experts.b", "report"]


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def test_everything_runs_once_then_nothing(lab):
    result = lab.run()
    assert lab.ran() == ALL
    assert not result.nothing_to_do
    assert str(result) == f"computed {', '.join(ALL)}; reused 0 of 5"
    before = times_below(lab.work_dir)
    result = lab.run()
    assert lab.ran() == []
    assert result.nothing_to_do
    assert str(result) == "nothing to do: all 5 stages are up to date"
    assert all(stage.reused and stage.seconds == 0 for stage in result.stages)
    assert times_below(lab.work_dir) == before


def times_below(folder):
    """When each file was changed; some versions of filelock touch those that stand for locks."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if not path.name.endswith(".lock")}


def test_manifest_says_what_a_stage_was_made_from(lab):
    result = lab.run(seed=7)
    stages = {stage.stage: stage for stage in result.stages}
    manifest = read_manifest(stages["train"].folder)
    assert manifest.recipe["inputs"] == {"data": read_manifest(stages["data"].folder).fingerprint}
    assert manifest.recipe["components"] == {"backbones/fake": version_of("backbones", "fake")}
    assert manifest.recipe["section"] == {"steps": 6}
    assert set(manifest.outputs) == {f"step{step}" for step in range(6)}
    assert manifest.versions["moei_toolkit"]
    assert manifest.status == "complete"


def test_record_and_links_lead_to_the_results(lab, tmp_path):
    result = lab.run()
    record = read_run(lab.work_dir)
    assert list(record.stages) == ALL
    assert record.config["work_dir"] == str(lab.work_dir)
    moved = tmp_path / "moved"
    lab.work_dir.rename(moved)
    for stage in result.stages:
        relative = stage.folder.relative_to(lab.work_dir)
        assert record.stages[stage.stage].folder == relative.as_posix()
        assert (moved / stage.stage).is_symlink()
        assert (moved / stage.stage).resolve() == (moved / relative).resolve()


def test_a_changed_section_runs_its_stage_and_what_comes_after(lab):
    lab.run()
    old = (lab.work_dir / "report").resolve()
    result = lab.run(beta=50)
    assert lab.ran() == ["report"]
    first, last = lab.lines
    assert first == "report: run (section changed: router.beta 20 -> 50)"
    assert last.startswith("report: done in ")
    assert str(result) == "computed report; reused 4 of 5"
    assert (lab.work_dir / "report").resolve() != old
    assert old.exists()
    lab.run()
    assert lab.ran() == []
    assert (lab.work_dir / "report").resolve() == old


def test_seed_changes_everything(lab):
    lab.run()
    lab.run(seed=1)
    assert lab.ran() == ALL
    assert "seed changed" in lab.lines[0]


def test_dry_run_says_what_and_why_and_writes_nothing(lab):
    result = lab.run(dry_run=True)
    assert lab.lines == [f"{name}: run (new)" for name in ALL]
    assert not lab.work_dir.exists()
    assert str(result) == "5 of 5 stages would run"
    lab.run()
    before = sorted(lab.work_dir.rglob("*"))
    result = lab.run(width=9, dry_run=True)
    assert not result.nothing_to_do
    assert lab.ran() == []
    assert lab.lines == [
        "data: run (section changed: width 8 -> 9)",
        "train: run (input data changed)",
        "experts.a: run (input train changed)",
        "experts.b: run (input train changed)",
        "report: run (input experts.a changed; input experts.b changed)",
    ]
    assert sorted(lab.work_dir.rglob("*")) == before
    assert lab.run(dry_run=True).nothing_to_do
    assert lab.lines == [f"{name}: reuse" for name in ALL]


def test_from_runs_again_and_replaces(lab):
    lab.run()
    folders = sorted(path for path in (lab.work_dir / "stages").glob("*/*") if path.is_dir())
    lab.run(first="experts")
    assert lab.ran() == ["experts.a", "experts.b", "report"]
    assert lab.lines[0] == "experts.a: run (asked for by --from)"
    assert sorted(path for path in (lab.work_dir / "stages").glob("*/*") if path.is_dir()) == folders


def test_until_stops_and_the_rest_follows_later(lab):
    lab.run(until="train")
    assert lab.ran() == ["data", "train"]
    assert list(read_run(lab.work_dir).stages) == ["data", "train"]
    lab.run()
    assert lab.ran() == ALL[2:]


@pytest.mark.parametrize("dry_run", [True, False])
def test_only_needs_its_inputs(lab, dry_run):
    with pytest.raises(StoreError) as caught:
        lab.run(only="experts.a", dry_run=dry_run)
    assert "stage 'experts.a' needs the result of 'train', which is absent" in str(caught.value)
    assert "--until train" in str(caught.value)
    lab.run(until="train")
    lab.run(only="experts")
    assert lab.ran() == ["experts.a", "experts.b"]
    lab.run(only="experts")
    assert lab.ran() == []


def test_results_under_an_earlier_config_are_not_in_the_record(lab):
    lab.run()
    lab.run(width=9, until="data")
    record = read_run(lab.work_dir)
    assert list(record.stages) == ["data"]
    assert sorted(record.outdated) == sorted(ALL[1:])
    assert not (lab.work_dir / "report").is_symlink()
    lab.run(width=9, dry_run=True)
    assert lab.lines[1] == "train: run (input data changed)"
    lab.run()
    assert lab.ran() == []
    assert sorted(read_run(lab.work_dir).stages) == sorted(ALL)
    assert read_run(lab.work_dir).outdated == {}


def test_runs_share_a_store(lab, tmp_path):
    shared = str(tmp_path / "shared")
    lab.run(store=shared)
    other = Lab(tmp_path / "other")
    other.work_dir.parent.mkdir()
    assert other.run(store=shared).nothing_to_do
    assert (other.work_dir / "report").resolve() == (lab.work_dir / "report").resolve()
    assert not (other.work_dir / "stages").exists()


def test_where_it_runs_does_not_matter(lab, tmp_path):
    lab.run()
    other = Lab(tmp_path / "other")
    other.work_dir.parent.mkdir()
    other.run()
    assert committed(other.work_dir / "stages") == committed(lab.work_dir / "stages")
    assert len(committed(lab.work_dir / "stages")) == 4 * 3 + 6


def failing(stages, index, error):
    def fail(context):
        (context.folder / "half").write_text("x")
        raise error

    return [dataclasses.replace(stage, run=fail) if at == index else stage for at, stage in enumerate(stages)]


def test_a_failing_stage_names_itself_and_leaves_its_folder(lab):
    with pytest.raises(DataError) as caught:
        lab.run(failing(make_stages(lab.log), 2, DataError("picture.png is truncated")))
    text = str(caught.value)
    assert text.startswith("stage 'experts.a' failed")
    assert text.endswith("picture.png is truncated")
    (partial,) = (lab.work_dir / "stages").rglob("*.partial")
    assert str(partial) in text
    assert (partial / "half").exists()
    assert list(read_run(lab.work_dir).stages) == ["data", "train"]
    lab.run()
    assert lab.ran() == ALL[2:]
    assert lab.lines[0] == "experts.a: run (an earlier attempt was interrupted)"
    assert not (lab.work_dir / "experts.a" / "half").exists()


def test_an_unexpected_error_becomes_one_that_names_the_stage(lab):
    with pytest.raises(MoeiError, match=r"stage 'data' failed .*: KeyError: 'x'") as caught:
        lab.run(failing(make_stages(lab.log), 0, KeyError("x")))
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_full_disk_inside_a_stage(lab):
    with pytest.raises(StoreError, match=r"stage 'train' failed .* No space left on device .* free"):
        lab.run(failing(make_stages(lab.log), 1, OSError(28, "No space left on device")))


def test_interrupting_from_the_keyboard_is_no_failure(lab):
    with pytest.raises(KeyboardInterrupt):
        lab.run(failing(make_stages(lab.log), 1, KeyboardInterrupt()))
    lab.run()
    assert lab.ran() == ALL[1:]


def test_a_resumable_stage_goes_on(lab):
    stages = make_stages(lab.log)

    def half(context):
        shutil.copytree(reference / "train", context.folder, dirs_exist_ok=True)
        for step in (3, 4, 5):
            (context.folder / f"step{step}").unlink()
        raise RuntimeError("stopped")

    lab.run()
    expected = committed(lab.work_dir / "stages")
    reference = lab.work_dir.rename(lab.work_dir.with_name("reference"))
    with pytest.raises(MoeiError, match="stopped"):
        lab.run([stages[0], dataclasses.replace(stages[1], run=half), *stages[2:]])
    lab.run()
    assert count(lab.log, "step") == 3
    assert committed(lab.work_dir / "stages") == expected


def test_a_broken_result_is_reported_set_aside_and_computed_again(lab):
    lab.run()
    expected = committed(lab.work_dir / "stages")
    broken = lab.work_dir / "train" / "step2"
    broken.write_text("short")
    lab.run(dry_run=True)
    assert "step2: expected 64 bytes, got 5" in lab.lines[1]
    lab.run()
    assert lab.ran() == ["train"]
    (aside,) = (lab.work_dir / "stages" / "train").glob("*.broken-1")
    assert (aside / "step2").read_text() == "short"
    assert any(str(aside) in line and "step2: expected 64 bytes" in line for line in lab.lines)
    assert committed(lab.work_dir / "stages") == expected


def test_a_removed_result_is_computed_again(lab):
    lab.run()
    shutil.rmtree((lab.work_dir / "train").resolve())
    lab.run(dry_run=True)
    assert lab.lines[1] == "train: run (its earlier result is gone)"
    lab.run()
    assert lab.ran() == ["train"]


@pytest.mark.parametrize("text", ["", "{", '{"format": 9}'])
def test_a_damaged_record_costs_nothing(lab, text):
    lab.run()
    (lab.work_dir / RECORD).write_text(text)
    assert lab.run().nothing_to_do
    assert "run.json" in lab.lines[0]
    assert list(read_run(lab.work_dir).stages) == ALL


def test_a_file_in_the_way_of_a_link_is_left_alone(lab):
    lab.work_dir.mkdir()
    (lab.work_dir / "train").write_text("mine")
    lab.run()
    assert (lab.work_dir / "train").read_text() == "mine"
    assert any("is in the way of a link" in line for line in lab.lines)


def test_where_links_cannot_be_made_the_run_goes_on(lab, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    lab.run()
    assert list(read_run(lab.work_dir).stages) == ALL
    assert any("cannot link" in line for line in lab.lines)


def test_nothing_to_do_needs_no_torch(lab, tmp_path):
    """With real components: their code is identified without importing it."""
    code = (
        "import sys\nfrom pathlib import Path\nimport fake_pipeline as fake\n"
        "from moei_toolkit.registration.builtin import COMPONENTS\n"
        "from moei_toolkit.pipeline.running.run import run_pipeline\n"
        "from moei_toolkit.pipeline.running.stage import Stage\n"
        "names = tuple((kind, name) for kind, name, _ in COMPONENTS)\n"
        "stage = Stage('only', (), {}, names, lambda context: None)\n"
        f"config = fake.make_config({str(tmp_path / 'work')!r})\n"
        "print(run_pipeline(config, [stage], fake.make_store(config), fake.Lines()))\n"
        "print(sorted({'torch', 'cv2', 'mmengine'} & set(sys.modules)))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
        ).stdout
        for _ in range(2)
    ]
    assert outputs[0].splitlines() == ["computed only; reused 0 of 1", "[]"]
    assert outputs[1].splitlines() == ["nothing to do: all 1 stages are up to date", "[]"]
    assert (
        len(json.loads((tmp_path / "work" / "only" / "manifest.json").read_text())["recipe"]["components"])
        > 15
    )


def test_a_changed_byte_in_an_input_stops_the_stage_that_would_read_it(lab):
    result = lab.run()
    folder = {stage.stage: stage for stage in result.stages}["data"].folder
    victim = next(
        path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "manifest.json"
    )
    content = victim.read_bytes()
    victim.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(StoreError, match=r"'train' cannot work with the result of 'data'.*--from data"):
        lab.run(first="train")
    lab.run(first="data")
    assert lab.ran() == ALL


def test_a_file_that_somebody_added_harms_nothing(lab):
    folder = {stage.stage: stage for stage in lab.run().stages}["data"].folder
    (folder / ".DS_Store").write_text("a file browser was here")
    lab.run(first="train")
    assert lab.ran() == ALL[1:]


def test_inputs_that_are_not_there_leave_the_links_alone(lab):
    lab.run()
    links = sorted(path.name for path in lab.work_dir.iterdir() if path.is_symlink())
    with pytest.raises(StoreError, match="needs the result of"):
        lab.run(only="report", width=9)
    assert sorted(path.name for path in lab.work_dir.iterdir() if path.is_symlink()) == links


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_is_no_folder_of_a_run(lab, dry_run):
    lab.work_dir.write_text("mine")
    with pytest.raises(StoreError, match="work: expected the folder of a run, or room for one, got a file"):
        lab.run(dry_run=dry_run)
    assert lab.work_dir.read_text() == "mine"


def test_an_empty_name_is_no_stage(lab):
    with pytest.raises(MoeiError, match="there is no stage ''"):
        lab.run(only="")


def test_an_interrupted_rerun_goes_on_and_a_finished_one_starts_over(lab):
    lab.run()
    with pytest.raises(MoeiError):
        lab.run(stages=_failing_at(3, lab), first="train")
    assert lab.ran() == ["train", "experts.a"]
    lab.run(first="train")
    assert lab.ran() == ["experts.b", "report"]
    lab.run(first="train")
    assert lab.ran() == ALL[1:]


def test_another_request_is_not_the_rest_of_an_interrupted_one(lab):
    lab.run()
    with pytest.raises(MoeiError):
        lab.run(stages=_failing_at(3, lab), first="train")
    lab.run(first="data")
    assert lab.ran() == ALL


def test_another_config_is_not_spared_what_an_interrupted_rerun_has_computed(lab):
    lab.run(beta=50)
    lab.run()
    with pytest.raises(MoeiError):
        lab.run(stages=_failing_at(4, lab), first="experts.b")
    lab.run(beta=50, first="experts.b")
    assert lab.ran() == ["report"]
    with pytest.raises(MoeiError):
        lab.run(stages=_failing_at(4, lab), first="report")
    lab.run(beta=50, first="report")
    assert lab.ran() == ["report"]


def test_a_rerun_that_is_interrupted_twice_is_spared_all_that_was_computed(lab):
    lab.run()
    for index, ran in ((2, ["train"]), (3, ["experts.a"])):
        with pytest.raises(MoeiError):
            lab.run(stages=_failing_at(index, lab), first="train")
        assert lab.ran() == ran
    lab.run(first="train")
    assert lab.ran() == ["experts.b", "report"]


def test_a_second_run_in_one_folder_is_refused_and_changes_nothing(lab):
    refused = []

    def look(context):
        with pytest.raises(StoreError, match=r"work: another run is at work there\. .* another --work-dir"):
            Lab(lab.work_dir.parent).run(width=9)
        refused.append(read_run(lab.work_dir).stages.keys())

    stages = make_stages(lab.log)
    lab.run(stages=[*stages[:4], dataclasses.replace(stages[4], run=look)])
    assert refused == [{*ALL[:4]}]
    assert list(read_run(lab.work_dir).stages) == ALL
    lab.run(width=9)
    assert lab.ran() == ALL


def _failing_at(index, lab):
    def fail(context):
        raise DataError("broken on purpose")

    stages = list(make_stages(lab.log))
    stages[index] = dataclasses.replace(stages[index], run=fail)
    return stages
