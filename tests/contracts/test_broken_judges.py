"""The contract checks find what is wrong with a calibrator, an abstention rule, a loss or a metric."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import torch

from moei_toolkit.calibrators.histogram import Histogram
from moei_toolkit.calibrators.rules.selective import Selective
from moei_toolkit.calibrators.rules.threshold import Threshold
from moei_toolkit.calibrators.temperature import Temperature
from moei_toolkit.evaluation.metrics.psnr import PSNR
from moei_toolkit.losses.base import Loss
from moei_toolkit.losses.image import L1Loss
from moei_toolkit.testing import (
    ContractError,
    check_abstention,
    check_calibrator,
    check_loss,
    check_metric,
)


class NotNormalised(Temperature):
    def probabilities(self, logits):
        return super().probabilities(logits) * 0.99


class Overflowing(Temperature):
    def probabilities(self, logits):
        powers = np.exp(logits / self.temperature)
        return powers / powers.sum(1, keepdims=True)


class Contrarian(Temperature):
    def probabilities(self, logits):
        return super().probabilities(-logits)


class Centring(Temperature):
    def probabilities(self, logits):
        return super().probabilities(logits * (1 + len(logits)))


class InPlace(Temperature):
    def fit(self, logits, targets):
        super().fit(logits, targets)
        logits -= logits.max()


class Forgetful(Temperature):
    def load_state(self, state):
        self.temperature = round(float(state["temperature"]), 3)


class Gullible(Temperature):
    def load_state(self, state):
        self.temperature = float(state.get("temperature", 1.0))


class NotJSON(Temperature):
    def state(self):
        return {"temperature": np.float32(self.temperature), "at_bound": False}


class NeedsMany(Temperature):
    def fit(self, logits, targets):
        if len(logits) < 10:
            raise ValueError("too few")
        super().fit(logits, targets)


class Trusting(Temperature):
    def fit(self, logits, targets):
        if len(logits) == len(targets):
            super().fit(logits, targets)


class Forgiving(Temperature):
    def fit(self, logits, targets):
        super().fit(logits, np.minimum(targets, logits.shape[1] - 1))


class Counting(Temperature):
    """Counts experts from the last one, too, as indices of arrays are."""

    def fit(self, logits, targets):
        super().fit(logits, targets % logits.shape[1] if len(logits) and targets.min() < 0 else targets)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Counting, "a target below 0 is refused with a DataError: it was fitted"),
        (Trusting, "logits of three images and targets of two is refused with a DataError: it was fitted"),
        (Forgiving, "a target that is no expert is refused with a DataError: it was fitted"),
        (NotNormalised, "sum to 1, before it is fitted: a sum is off by 0.01"),
        (Overflowing, "sum to 1, for logits up to .*: from nan to nan"),
        (Contrarian, "largest logit: it is another one for [0-9]+ of 60 images"),
        (Centring, "independently of its neighbours"),
        (InPlace, "the logits or the targets changed"),
        (Forgetful, "survives JSON: the probabilities differ"),
        (NotJSON, "survives JSON: TypeError"),
        (Gullible, "a foreign state is refused with .*: it was taken"),
        (NeedsMany, "a single image.*ValueError: too few"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_broken_calibrator(kind, said):
    with pytest.raises(ContractError, match=said) as caught:
        check_calibrator(kind)
    assert kind.__name__ in str(caught.value)


def test_a_calibrator_may_be_allowed_to_change_the_choice():
    check_calibrator(Histogram, keeps_choice=False)
    with pytest.raises(ContractError, match="largest logit: it is another one for"):
        check_calibrator(Histogram)


class Unbounded(Threshold):
    def scores(self, g, probabilities):
        return np.asarray(g[:, 0], np.float64)


class SinglePrecision(Threshold):
    def scores(self, g, probabilities):
        return super().scores(g, probabilities).astype(np.float32)


class Relating(Selective):
    def scores(self, g, probabilities):
        return super().scores(g - g.mean(0), probabilities)


class Loud(Selective):
    def fit(self, g, probabilities, harm):
        harm -= harm.mean()
        super().fit(g, probabilities, harm)


class Drawing(Selective):
    def fit(self, g, probabilities, harm):
        super().fit(g, probabilities, harm)
        self.bias += float(np.random.default_rng().random())


class Absent(Selective):
    def load_state(self, state):
        pass


class Hoarding(Threshold):
    def state(self):
        return {"seen": 3}


class Guessing(Selective):
    def fit(self, g, probabilities, harm):
        super().fit(g, probabilities, np.nan_to_num(harm))


class WantsMore(Selective):
    def fit(self, g, probabilities, harm):
        if len(g) < 10:
            raise ValueError("too few")
        super().fit(g, probabilities, harm)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Unbounded, r"a score in \[0, 1\] for each image.*: from -"),
        (SinglePrecision, "the type is float32"),
        (Relating, "independently of its neighbours"),
        (Loud, "the arrays changed"),
        (Drawing, "on the same images it becomes the same"),
        (Absent, "survives JSON: the scores differ"),
        (Guessing, "harm that is not finite is refused with a DataError: it was fitted"),
        (Hoarding, r"does not learn has no state: it is \['seen'\]"),
        (WantsMore, "a single image.*ValueError: too few"),
    ],
)
def test_a_broken_abstention_rule(kind, said):
    with pytest.raises(ContractError, match=said) as caught:
        check_abstention(kind)
    assert kind.__name__ in str(caught.value)


HEAVY = """
import torch
from moei_toolkit.calibrators.rules.threshold import Threshold
from moei_toolkit.calibrators.temperature import Temperature

class Rule(Threshold):
    pass

class Calibrator(Temperature):
    pass
"""

LATE = """
from moei_toolkit.calibrators.rules.threshold import Threshold
from moei_toolkit.calibrators.temperature import Temperature

class Rule(Threshold):
    def scores(self, g, probabilities):
        import torch
        return torch.from_numpy(probabilities).amax(1).numpy()

class Calibrator(Temperature):
    def probabilities(self, logits):
        from torch import from_numpy
        return from_numpy(logits / self.temperature).softmax(1).numpy()
"""


@pytest.mark.parametrize(("module", "source"), [("heavy_judges", HEAVY), ("late_judges", LATE)])
def test_a_judge_that_imports_pytorch(tmp_path, monkeypatch, module, source):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / f"{module}.py").write_text(source)
    judges = importlib.import_module(module)
    with pytest.raises(ContractError, match=rf"without PyTorch, .* bundle: {module} imports it"):
        check_abstention(judges.Rule)
    with pytest.raises(ContractError, match=rf"without PyTorch, .* bundle: {module} imports it"):
        check_calibrator(judges.Calibrator)


class OneNumber(L1Loss):
    def forward(self, restored, clean, degraded):
        return super().forward(restored, clean, degraded).mean()


class Offset(L1Loss):
    def forward(self, restored, clean, degraded):
        return super().forward(restored, clean, degraded) + 0.01


class Relative(L1Loss):
    def forward(self, restored, clean, degraded):
        value = super().forward(restored, clean, degraded)
        return value / (value.detach().max() + 1e-6)


class SquareRoot(L1Loss):
    def forward(self, restored, clean, degraded):
        flat = (restored - restored.mean((2, 3), keepdim=True)).square().mean((1, 2, 3))
        return super().forward(restored, clean, degraded) * (1 + flat.sqrt())


class Negative(L1Loss):
    def forward(self, restored, clean, degraded):
        return -super().forward(restored, clean, degraded)


class Broadcasting(Loss):
    def __init__(self):
        super().__init__()
        self.terms = {"l1": 1.0}

    def forward(self, restored, clean, degraded):
        return (restored - clean).abs().mean((1, 2, 3))


class Clamping(L1Loss):
    def forward(self, restored, clean, degraded):
        value = super().forward(restored, clean, degraded)
        clean.clamp_(0.1, 0.9)
        return value


class Coarse(L1Loss):
    def forward(self, restored, clean, degraded):
        super().forward(restored, clean, degraded)
        return (restored - clean).abs().mean((1, 2, 3))


class Secretive(L1Loss):
    def __init__(self):
        super().__init__()
        self.terms = {}


class Logarithmic(L1Loss):
    def forward(self, restored, clean, degraded):
        value = super().forward(restored, clean, degraded)
        return value * (2 + (restored + 0.5).log().mean((1, 2, 3)).square())


class Detached(L1Loss):
    def forward(self, restored, clean, degraded):
        return super().forward(restored.detach(), clean, degraded)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (OneNumber, r"expected shape \(3,\), got \(\)"),
        (Offset, "equal images give 0: they give 0.01"),
        (Relative, "independently of its neighbours"),
        (SquareRoot, "1x1 has a finite value and gradient: 6 values not finite"),
        (Negative, "at least 0.*: the smallest is -"),
        (Broadcasting, "refused with a DataError"),
        (Clamping, "left as they are"),
        (Coarse, "half precision are compared in float32: the type is torch.bfloat16"),
        (Secretive, "lists every active term"),
        (Detached, "gradient: RuntimeError"),
        (Logarithmic, r"noise in \[-1, 2\], which nobody clips, of .* has a finite value"),
    ],
)
def test_a_broken_loss(kind, said):
    with pytest.raises(ContractError, match=said) as caught:
        check_loss(kind)
    assert kind.__name__ in str(caught.value)


class Upside(PSNR):
    higher_is_better = False


class Vague(PSNR):
    def __init__(self):
        super().__init__()
        self.protocol = {"color": "RGB"}


class NumpyNumber(PSNR):
    def __call__(self, restored, clean):
        return np.float32(super().__call__(restored, clean))


class Careless(PSNR):
    def __call__(self, restored, clean):
        return super().__call__(np.nan_to_num(np.asarray(restored)), clean)


class Unclipped(PSNR):
    def __call__(self, restored, clean):
        darkest = min(0.0, float(np.asarray(restored).min()))
        return super().__call__(restored, clean) + darkest


class Rounding(PSNR):
    def __call__(self, restored, clean):
        if isinstance(restored, np.ndarray):
            np.round(restored, 2, out=restored)
        return super().__call__(restored, clean)


class Infinite(PSNR):
    def __call__(self, restored, clean):
        error = float(np.square(np.asarray(restored) - np.asarray(clean)).mean())
        return -10 * np.log10(error).item() if error else float("inf")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Upside, "higher_is_better is False"),
        (Vague, r"protocol states .*: it states \['color'\]"),
        (NumpyNumber, "one finite value.*float32"),
        (Careless, "that hold NaN are refused"),
        (Infinite, "of another size are refused"),
        (Rounding, "images are left as they are: changed: restored True, clean False"),
        (Unclipped, "are clipped, as a file would: it is .*, and .* once they are clipped"),
    ],
)
def test_a_broken_metric(kind, said):
    with pytest.raises(ContractError, match=said) as caught:
        check_metric(kind)
    assert kind.__name__ in str(caught.value)


def test_small_images_can_be_excused():
    class Demanding(L1Loss):
        def forward(self, restored, clean, degraded):
            if restored.shape[-2] < 17:
                raise ZeroDivisionError(tuple(restored.shape))
            return super().forward(restored, clean, degraded)

    check_loss(Demanding, smallest_side=17)
    with pytest.raises(ContractError, match=r"1x1.*ZeroDivisionError"):
        check_loss(Demanding)
    assert torch.is_grad_enabled()
