"""What could only fail after hours fails before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from moei_toolkit.config.loader import load_config
from moei_toolkit.errors import ConfigError, DataError, MoeiError
from moei_toolkit.experts.base import Expert
from moei_toolkit.pipeline.rehearsal import rehearse

SMOKE = str(Path(__file__).parents[2] / "configs" / "smoke.py")


def test_the_smoke_config_passes():
    rehearse(load_config(SMOKE, {}))


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"backbone.width": 0}, MoeiError, "global_unet"),
        ({"dense.training.precision": "float16"}, ConfigError, "float16"),
        ({"experts.rain.training.precision": "float16"}, ConfigError, "float16"),
        ({"experts.rain.expert.reduction": 2.0}, MoeiError, "reduction"),
        ({"tasks.haze.loss.pixel": "l2"}, MoeiError, "l2"),
        ({"experts.rain.expert": {"type": "dense"}}, ConfigError, r"experts\.rain\.expert: .*no parameters"),
        ({"experts.rain.expert.reduction": "1/32"}, MoeiError, r"experts\.rain\.expert: .*reduction='1/32'"),
        ({"tasks.haze.degradation.tint": "x"}, ConfigError, r"tasks\.haze\.degradation: .*tint: .*'x'"),
        ({"data.layout.scenes": 5}, MoeiError, r"data\.layout: .*scenes=5"),
        ({"data.layout.size": 0}, ConfigError, r"data\.layout: .*16 or more"),
        ({"router.router.hidden": "many"}, MoeiError, r"router\.router: .*hidden='many'"),
        ({"router.router": {"type": "fixed", "expert": "hase"}}, DataError, r"router\.router: .*mean 'haze'"),
        ({"router.router": {"type": "external"}}, ConfigError, r"router\.router: .*'function' or 'file'"),
        (
            {"router.router": {"type": "external", "function": "json:lods"}},
            ConfigError,
            r"router\.router: .*Did you mean 'loads'",
        ),
        ({"calibrate.abstention": {"type": "selctive"}}, MoeiError, "calibrate.abstention: .*'selective'"),
        ({"calibrate.abstention": {"type": "selective", "coverage": 2.0}}, ConfigError, r"in \(0, 1\)"),
        ({"dense.training.crop_size": 1}, ConfigError, "crop_size"),
        ({"inference.tile": 16, "inference.overlap": 8}, ConfigError, "inference: tiles need .* tile - 16"),
    ],
)
def test_a_fault_is_found(options, error, said):
    with pytest.raises(error, match=said):
        rehearse(load_config(SMOKE, options))


def test_a_precision_that_this_machine_lacks_is_found(monkeypatch):
    def refuse(precision: str, device: object) -> None:
        raise ConfigError(f"precision {precision!r}: {device} cannot")

    monkeypatch.setattr("moei_toolkit.pipeline.rehearsal.require_precision", refuse)
    monkeypatch.setattr("moei_toolkit.pipeline.rehearsal.get_device", lambda: "mps")  # of trainings alone
    monkeypatch.setattr("moei_toolkit.pipeline.rehearsal.default_device", lambda: "cpu")
    with pytest.raises(ConfigError, match="inference: precision 'float16': cpu cannot"):
        rehearse(load_config(SMOKE, {"inference.precision": "float16"}))


def test_an_expert_that_cannot_run_is_named(monkeypatch):
    class Broken(Expert):
        def run(self, site: str, block: object, x: object) -> object:
            return {}[site]

    monkeypatch.setattr("moei_toolkit.experts.adapter.Adapter.run", Broken.run)
    with pytest.raises(ConfigError, match=r"'global_unet' wearing 'experts.rain' fails.*KeyError"):
        rehearse(load_config(SMOKE, {}))


def test_a_router_that_cannot_run_is_named_with_the_plugin_it_is_of(monkeypatch):
    def fail(self: object, g: object) -> object:
        raise ArithmeticError("too much")

    monkeypatch.setattr("moei_toolkit.routers.mlp.MLPRouter.forward", fail)
    monkeypatch.setattr("moei_toolkit.pipeline.running.culprit.plugin_behind", lambda error: "moei_x 1")
    said = r"router 'mlp' fails on a 32x32 image, in the plugin moei_x 1: ArithmeticError"
    with pytest.raises(ConfigError, match=said):
        rehearse(load_config(SMOKE, {}))


def test_the_fault_of_a_loss_says_where_it_is():
    with pytest.raises(ConfigError, match=r"losses 'rain'.*Did you mean 'rmse'"):
        rehearse(load_config(SMOKE, {"tasks.rain.loss.pixel": "rmes"}))


@pytest.mark.parametrize(
    "router", [{"type": "fixed", "expert": "rain"}, {"type": "random"}, {"type": "linear"}]
)
def test_a_control_passes_and_its_cost_can_be_measured(router):
    rehearse(load_config(SMOKE, {"router.router": router, "bench": {"runs": 1}}))


def test_a_router_that_knows_images_by_name_passes_unless_its_cost_is_to_be_measured(tmp_path):
    (tmp_path / "routes.json").write_text('{"a": "rain"}')
    options = {"router.router": {"type": "external", "file": str(tmp_path / "routes.json")}}
    rehearse(load_config(SMOKE, options))
    with pytest.raises(DataError, match=r"bench, which restores an image without a name: .*'unlisted'"):
        rehearse(load_config(SMOKE, {**options, "bench": {"runs": 1}}))
    options["router.router"]["unlisted"] = "snow"
    rehearse(load_config(SMOKE, {**options, "bench": {"runs": 1}}))
