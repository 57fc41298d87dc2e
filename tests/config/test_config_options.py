import pytest
from config_example import minimal

from moei_toolkit.config.loader import load_config
from moei_toolkit.config.options import apply_options
from moei_toolkit.config.render import render
from moei_toolkit.errors import ConfigError


@pytest.fixture
def example(tmp_path):
    path = tmp_path / "example.py"
    raw = minimal()
    path.write_text(render({**raw, "singles": raw["experts"]}))
    return path


def test_options_reach_any_depth(example):
    options = {
        "router.beta": 50,
        "experts.any.training.mix.dust": 3.0,
        "evaluate.metrics.0.border": 4,
        "views.probes": 2,
        "backbone.width": 16,
    }
    config = load_config(example, options)
    assert config.router.beta == 50.0
    assert config.experts["any"].training.mix == {"dust": 3.0, "clean": 0.5}
    assert config.evaluate.metrics[0].as_dict() == {"type": "psnr", "border": 4}
    assert config.views.probes == 2
    assert config.backbone.arguments["width"] == 16


def test_another_type_drops_the_old_arguments(example):
    assert load_config(example, {"backbone.type": "other"}).backbone.as_dict() == {"type": "other"}
    options = {"backbone.depth": 1, "backbone.type": "other"}
    assert load_config(example, options).backbone.as_dict() == {"type": "other", "depth": 1}


def test_a_whole_new_entry_can_be_added(example):
    entry = {**minimal()["experts"]["any"], "task": "dust"}
    assert list(load_config(example, {"experts.second": entry}).experts) == ["any", "second"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"rooter.beta": 1}, "rooter: unknown key. Did you mean 'router'?"),
        ({"router.betta": 1}, "router.betta: unknown key. Did you mean 'beta'?"),
        ({"experts.nay.task": "dust"}, "there is no 'experts.nay'. Did you mean 'any'?"),
        ({"singles.nay.training.iterations": 3}, "there is no 'singles.nay'. Did you mean 'any'?"),
        (
            {"evaluate.metrics.3.type": "x"},
            "evaluate.metrics.3: expected an index below 1, the length of 'evaluate.metrics'",
        ),
        ({"router": 1, "router.beta": 2}, "'router' is already set to 1"),
        ({"router.beta": 2, "router": {"beta": 1}}, "already set by another option"),
        ({"router.beta": "high"}, "example.py with router.beta: 1 problem"),
    ],
)
def test_typos_are_refused(example, options, expected):
    with pytest.raises(ConfigError) as caught:
        load_config(example, options)
    assert expected in str(caught.value)


def test_the_config_is_not_changed_in_place():
    raw = minimal()
    apply_options(raw, {"backbone.width": 1, "evaluate.metrics.0.border": 1, "router.beta": 1})
    assert raw == minimal()
