"""What a training reports, what it refuses, and what it leaves alone."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from tiny_training import (
    LAST,
    Patches,
    checkpoint,
    make_frozen,
    settings,
    train_dense,
    train_expert,
)

from moei_toolkit.engine.checkpoint import list_checkpoints
from moei_toolkit.engine.optim_wrapper import CPUAutocastWrapper, wrap_optimizer
from moei_toolkit.errors import ConfigError, TrainingError


def test_it_reports_every_iteration_and_measures_now_and_then(tmp_path):
    seen, measured = [], []
    train_dense(
        tmp_path,
        progress=lambda done, loss: seen.append((done, loss)),
        validation=lambda done, scalars: measured.append((done, scalars)),
        validate_every=3,
    )
    assert [done for done, _ in seen] == list(range(9))
    assert seen[0][1] is None
    assert all(math.isfinite(loss) for _, loss in seen[1:])
    assert [done for done, _ in measured] == [3, 6, 8]
    assert all(scalars.keys() == {"psnr"} for _, scalars in measured)
    assert list((tmp_path / "logs").rglob("events.out.tfevents*"))


def test_the_loss_goes_down(tmp_path):
    losses = []
    train_dense(tmp_path, progress=lambda done, loss: losses.append(loss), iterations=60, learning_rate=2e-2)
    assert sum(losses[-5:]) < 0.6 * sum(losses[1:6])


def test_the_average_lags_behind_the_weights(tmp_path):
    sums: list[float] = []
    average = train_dense(tmp_path, validation=lambda _, scalars: sums.append(scalars["psnr"]))
    assert sums[0] != sums[1]
    assert float(next(average.parameters()).sum()) == pytest.approx(sums[1])


def test_a_loss_that_is_not_finite_stops_it_and_keeps_the_checkpoints(tmp_path):
    with pytest.raises(TrainingError, match=r"iteration 6: loss is nan") as caught:
        train_dense(tmp_path, Patches(spoiled=10))
    assert str(tmp_path / "checkpoints") in str(caught.value)
    assert "learning_rate" in str(caught.value)
    assert [path.stem for path in list_checkpoints(tmp_path / "checkpoints")] == ["iteration_00000004"]


def test_after_the_data_are_repaired_it_goes_on_as_if_nothing_had_happened(tmp_path):
    with pytest.raises(TrainingError):
        train_dense(tmp_path / "repaired", Patches(spoiled=10))
    train_dense(tmp_path / "repaired")
    train_dense(tmp_path / "whole")
    assert checkpoint(tmp_path / "repaired") == checkpoint(tmp_path / "whole")


def test_a_gradient_that_is_not_finite_stops_it_too(tmp_path, monkeypatch):
    class Root(torch.nn.Module):
        def forward(self, restored, clean, degraded):
            return (restored - restored.detach()).abs().mean((1, 2, 3)).sqrt()

    monkeypatch.setattr("tiny_training.L1Loss", Root)
    with pytest.raises(TrainingError, match=r"iteration 1: .*non-finite"):
        train_dense(tmp_path)
    assert not list_checkpoints(tmp_path / "checkpoints")


def test_another_failure_is_not_taken_for_a_loss_that_is_not_finite(tmp_path):
    def fail(done: int, loss: float | None) -> None:
        raise RuntimeError("no memory left")

    with pytest.raises(RuntimeError, match="no memory left"):
        train_dense(tmp_path, progress=fail)


def test_a_frozen_backbone_does_not_move(tmp_path):
    before = make_frozen().state_dict()
    backbone, expert, modes = train_expert(tmp_path)
    after = backbone.state_dict()
    assert any("running_mean" in name for name in after)
    assert all(torch.equal(before[name], value) for name, value in after.items())
    assert not any(modes[1:])
    assert not any(parameter.requires_grad for parameter in backbone.parameters())
    grown = [p for name, p in expert.named_parameters() if name.endswith("3.bias")]
    assert grown
    assert all(bool(p.any()) for p in grown)


def test_bfloat16_runs_on_the_cpu_and_keeps_float32_weights(tmp_path):
    rough = train_dense(tmp_path / "bfloat16", precision="bfloat16")
    exact = train_dense(tmp_path / "float32")
    pairs = list(zip(rough.parameters(), exact.parameters(), strict=True))
    assert all(a.dtype == torch.float32 and bool(torch.isfinite(a).all()) for a, _ in pairs)
    assert any(not torch.equal(a, b) for a, b in pairs)


def test_bfloat16_resumes_exactly(tmp_path):
    def stop(done: int, loss: float | None) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_dense(tmp_path / "parts", progress=stop, precision="bfloat16")
    train_dense(tmp_path / "parts", precision="bfloat16")
    train_dense(tmp_path / "whole", precision="bfloat16")
    assert checkpoint(tmp_path / "parts") == checkpoint(tmp_path / "whole")


def test_autocast_is_on_inside_the_step_only():
    layer = torch.nn.Linear(2, 2)
    wrapper = wrap_optimizer(torch.optim.SGD(layer.parameters(), lr=0.1), "bfloat16", 1.0, "cpu")
    assert isinstance(wrapper, CPUAutocastWrapper)
    with wrapper.optim_context(layer):
        assert layer(torch.zeros(1, 2)).dtype == torch.bfloat16
    assert layer(torch.zeros(1, 2)).dtype == torch.float32


def test_float16_on_the_cpu_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="'float16' needs a GPU; use 'bfloat16' or 'float32'"):
        train_dense(tmp_path, precision="float16")


@pytest.mark.parametrize("iterations", [1, 2, 3])
def test_the_shortest_trainings(tmp_path, iterations):
    train_dense(tmp_path, iterations=iterations, warmup=iterations)
    assert [path.stem for path in list_checkpoints(tmp_path / "checkpoints")] == [
        LAST.replace("8", str(iterations))
    ]


def test_the_schedule_warms_up_and_ends_at_zero(tmp_path, monkeypatch):
    rates: list[float] = []
    step = torch.optim.AdamW.step

    def remember(self, *args, **kwargs):
        rates.append(self.param_groups[0]["lr"])
        return step(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.AdamW, "step", remember)
    train_dense(tmp_path, iterations=20, warmup=4)
    peak = settings().learning_rate
    assert rates[:5] == pytest.approx([peak / 4, peak / 2, 3 * peak / 4, peak, peak], rel=0.35)
    assert max(rates) == pytest.approx(peak)
    assert all(a >= b for a, b in pairwise(rates[4:]))
    assert rates[-1] < 0.03 * peak
