"""A run becomes a bundle, whole or not at all, that gives what the run gives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from tiny_run import EXPERTS, WEIGHTS, make_run

import moei_toolkit
from moei_toolkit.commands import export as command
from moei_toolkit.data.views import SPREAD
from moei_toolkit.errors import ExportError, RegistryError, StoreError
from moei_toolkit.inference.export import writing
from moei_toolkit.inference.export.checking import TOLERANCE
from moei_toolkit.inference.export.record import read_bundle
from moei_toolkit.inference.export.writing import export_bundle, planned_files
from moei_toolkit.inference.loading.run import load_run
from moei_toolkit.inference.runtimes.openvino import OpenVINORuntime
from moei_toolkit.io.hashing import sha256_file
from moei_toolkit.registration.plugin_table import PluginTable
from moei_toolkit.types import DENSE, DENSE_EQUAL

FILES = [
    "bundle.json",
    "describe.onnx",
    "router.onnx",
    *(f"routes/{name}.onnx" for name in (*EXPERTS, DENSE)),
]
ENGINES = ("ONNX Runtime", "OpenVINO")
COMPARED = [f"{name} in {engine}" for name in FILES if name != "bundle.json" for engine in ENGINES]


@pytest.fixture
def traced(exported, monkeypatch) -> dict[str, str]:
    """Let graphs be copied instead of traced; maps the name of a graph to the one that is copied."""
    copied: dict[str, str] = {}

    def copy(path: Path, *arguments: object) -> None:
        (source,) = exported.bundle.rglob(copied.get(path.name, path.name))
        shutil.copy(source, path)

    monkeypatch.setattr(writing, "write_graph", copy)
    return copied


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_every_file_is_there_and_its_hash_is_recorded(exported):
    assert files_in(exported.bundle) == sorted(FILES)
    recorded = read_bundle(exported.bundle).files
    assert recorded == {name: sha256_file(exported.bundle / name) for name in FILES if name != "bundle.json"}


def test_what_is_recorded_is_what_the_run_says(exported):
    record = read_bundle(exported.bundle)
    runtime, decider = load_run(exported.run)
    assert record.protocol == runtime.protocol
    assert record.protocol.align == runtime.backbone.size_multiple
    assert record.experts == EXPERTS
    assert record.threshold == decider.threshold == 0.25
    assert record.calibration.component == {"type": "temperature"}
    assert record.calibration.state == {"temperature": 2.0, "at_bound": False}
    assert record.stages == dict.fromkeys(WEIGHTS, "abc")
    assert record.toolkit == moei_toolkit.__version__
    assert record.preprocessing["spread"] == list(SPREAD)
    assert record.preprocessing["largest"] == {"uint8": 255, "uint16": 65535}


def test_a_trained_model_becomes_the_bundle_of_its_run(exported, trained, tmp_path, traced):
    export_bundle(trained.model, tmp_path / "bundle")
    assert files_in(tmp_path / "bundle") == sorted(FILES)
    ours, theirs = read_bundle(tmp_path / "bundle"), read_bundle(exported.bundle)
    told = {"stages", "calibration"}  # where it comes from; a default that is written out
    assert ours.model_dump(exclude=told) == theirs.model_dump(exclude=told)
    assert ours.calibration.state == theirs.calibration.state
    assert ours.stages == {"dense": "abc"}


def test_every_graph_was_compared_with_its_network(exported):
    assert list(exported.differences) == COMPARED
    assert max(exported.differences.values()) < TOLERANCE / 10


def test_graphs_tell_nothing_of_where_they_were_made(exported):
    for path in exported.bundle.rglob("*.onnx"):
        content = path.read_bytes()
        for told in (str(Path(moei_toolkit.__file__).parents[1]), str(Path(torch.__file__).parent), ".py"):
            assert told.encode() not in content, f"{path.name}: {told}"


def test_a_bundle_is_not_replaced_unless_asked_for(exported, bundle, traced):
    before = {name: sha256_file(bundle / name) for name in FILES}
    with pytest.raises(StoreError, match="--overwrite replaces it"):
        export_bundle(exported.run, bundle)
    assert {name: sha256_file(bundle / name) for name in FILES} == before
    (bundle / "routes" / "old.onnx").write_bytes(b"of an expert that is no more")
    export_bundle(exported.run, bundle, overwrite=True)
    assert files_in(bundle) == sorted(FILES)
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_bundle_is_never_replaced(exported, tmp_path, traced, overwrite):
    (tmp_path / "notes.txt").write_text("mine")
    for target in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(StoreError, match="is there and no bundle"):
            export_bundle(exported.run, target, overwrite)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_what_else_lies_in_a_bundle_is_not_lost_with_it(exported, bundle, traced):
    for mine in ("photo.png", "routes/notes.txt", "restored"):
        path = bundle / mine
        path.write_text("mine") if path.suffix else path.mkdir()
        with pytest.raises(StoreError, match=f"bundle holds '{mine}', which no export has written"):
            export_bundle(exported.run, bundle, overwrite=True)
        assert path.exists()
        path.unlink() if path.is_file() else path.rmdir()


def test_a_file_of_that_name_makes_no_bundle(exported, tmp_path, traced):
    (tmp_path / "bundle.json").write_text('{"entry": "index.js"}')
    with pytest.raises(StoreError, match="is there and no bundle"):
        export_bundle(exported.run, tmp_path, overwrite=True)
    assert json.loads((tmp_path / "bundle.json").read_text()) == {"entry": "index.js"}


def test_the_guide_of_a_rival_stays_with_the_run(tmp_path, traced):
    run = make_run(tmp_path / "run", guides={EXPERTS[0]: 16, DENSE: 20, DENSE_EQUAL: 16})
    export_bundle(run, tmp_path / "bundle")
    assert read_bundle(tmp_path / "bundle").protocol.guides == {EXPERTS[0]: 16, DENSE: 20}


def test_an_empty_folder_will_do(exported, tmp_path, traced):
    (tmp_path / "bundle").mkdir()
    export_bundle(exported.run, tmp_path / "bundle")
    assert files_in(tmp_path / "bundle") == sorted(FILES)


def test_every_engine_has_to_agree(exported, tmp_path, traced, monkeypatch):
    score = OpenVINORuntime.score
    monkeypatch.setattr(OpenVINORuntime, "score", lambda self, g: score(self, g) + 2 * TOLERANCE)
    with pytest.raises(ExportError, match=r"router\.onnx in OpenVINO: expected .* difference of 0\.0002"):
        export_bundle(exported.run, tmp_path / "bundle")


@pytest.mark.parametrize("spoilt", [*(f"{name}.onnx" for name in (*EXPERTS, DENSE))])
def test_a_graph_that_gives_something_else_is_refused_and_nothing_is_left(exported, tmp_path, traced, spoilt):
    traced[spoilt] = "second.onnx" if spoilt != "second.onnx" else "first.onnx"
    name = spoilt.removesuffix(".onnx")
    with pytest.raises(
        ExportError,
        match=rf"routes/{name}.onnx in ONNX Runtime: expected what the network gives to 0.0001, got",
    ):
        export_bundle(exported.run, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("spoilt", "copied", "said"),
    [
        (
            "describe.onnx",
            "router.onnx",
            "describe.onnx in ONNX Runtime cannot be run where the network can: .*overview",
        ),
        (
            "dense.onnx",
            "router.onnx",
            "routes/dense.onnx in ONNX Runtime cannot be run where the network can: .*tiles",
        ),
    ],
)
def test_a_graph_that_cannot_be_run_is_refused(exported, tmp_path, traced, spoilt, copied, said):
    traced[spoilt] = copied
    with pytest.raises(ExportError, match=said):
        export_bundle(exported.run, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_a_calibrator_that_nobody_offers_is_noticed_before_the_bundle_appears(
    exported, tmp_path, traced, monkeypatch
):
    monkeypatch.setattr("moei_toolkit.registration.construction.load_plugins", PluginTable)
    with pytest.raises(
        RegistryError, match="neither the toolkit nor an installed plugin offers 'temperature'"
    ):
        export_bundle(exported.run, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_not_there(tmp_path):
    with pytest.raises(StoreError, match="nowhere is not there: expected the folder of a run"):
        export_bundle(tmp_path / "nowhere", tmp_path / "bundle")


def test_a_dry_run_lists_the_files_and_writes_none(exported, tmp_path, capsys):
    target = tmp_path / "bundle"
    assert command.main(["--run", str(exported.run), "-o", str(target), "--dry-run"]) == 0
    assert capsys.readouterr().out.split() == [str(target / name) for name in FILES]
    assert planned_files(exported.run, target) == [target / name for name in FILES]
    assert not target.exists()
    with pytest.raises(StoreError, match="--overwrite"):
        command.main(["--run", str(exported.run), "-o", str(exported.bundle), "--dry-run"])


def test_the_command_says_how_close_each_graph_is(exported, tmp_path, traced, capsys):
    target = tmp_path / "bundle"
    assert command.main(["--run", str(exported.run), "-o", str(target)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"bundle   {target}"
    assert [line.partition(":")[0] for line in lines[:-1]] == COMPARED
    assert files_in(target) == sorted(FILES)


def test_the_command_takes_the_model_of_the_toolkit_by_default(tmp_path, capsys):
    target = tmp_path / "bundle"
    for options in ([], ["--model", "moei-tiny"]):
        assert command.main(["-o", str(target), "--dry-run", *options]) == 0
        routes = [f"routes/{name}.onnx" for name in ("rain", "haze", "snow", DENSE)]
        files = ["bundle.json", "describe.onnx", "router.onnx", *routes]
        assert capsys.readouterr().out.split() == [str(target / name) for name in files]
    with pytest.raises(SystemExit):
        command.main(["-o", str(target), "--format", "weights"])
    assert "--format weights goes with --run, a finished run" in capsys.readouterr().err


def change_record(run: Path, **changes: dict[str, object]) -> None:
    """Replace parts of sections in the config of a run."""
    record = json.loads((run / "run.json").read_text())
    for section, values in changes.items():
        record["config"][section].update(values)
    (run / "run.json").write_text(json.dumps(record))


@pytest.mark.parametrize("router", [{"type": "random"}, {"type": "external", "function": "json:loads"}])
def test_a_router_that_is_no_network_is_refused_before_anything(exported, tmp_path, router):
    run = Path(shutil.copytree(exported.run, tmp_path / "run"))
    change_record(run, router={"router": router})
    for act in (export_bundle, planned_files):
        with pytest.raises(ExportError, match=rf"router '{router['type']}' .* cannot become a graph.*--from"):
            act(run, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_a_learned_rule_is_exported_with_its_state(exported, tmp_path, traced):
    run = Path(shutil.copytree(exported.run, tmp_path / "run"))
    change_record(run, calibrate={"abstention": {"type": "selective", "coverage": 0.8}})
    (path,) = run.rglob("calibration.json")
    rule = {"weights": [0.5] * 16, "bias": -0.25}
    path.write_text(json.dumps({**json.loads(path.read_text()), "rule": rule}))
    export_bundle(run, tmp_path / "bundle")
    recorded = read_bundle(tmp_path / "bundle").abstention
    assert recorded is not None
    assert (recorded.component, recorded.state) == ({"type": "selective", "coverage": 0.8}, rule)
    assert read_bundle(exported.bundle).abstention is None
