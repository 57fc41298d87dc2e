import dataclasses

import pytest
from fake_pipeline import make_stages, version_of

from moei_toolkit.errors import ConfigError, RegistryError
from moei_toolkit.pipeline.running.components import component_version
from moei_toolkit.pipeline.running.explain import explain
from moei_toolkit.pipeline.running.fingerprint import fingerprint_of, recipe_of, stage_seed
from moei_toolkit.pipeline.running.plan import make_plan, select
from moei_toolkit.pipeline.running.stage import Stage


def nothing(_):
    pass


STAGE = Stage("experts.a", ("data",), {"x": {"beta": 20, "list": (1, 2)}}, (("losses", "l1"),), nothing)
INPUTS = {"data": "d" * 64, "unrelated": "u" * 64}


def recipe(stage=STAGE, seed=0, inputs=INPUTS, version=version_of):
    return recipe_of(stage, seed, inputs, version)


def other_version(kind, name):
    return {**version_of(kind, name), "sha256": "changed"}


CHANGES = {
    "section changed: x.beta 20 -> 50": {"section": {"x": {"beta": 50, "list": (1, 2)}}},
    "section changed: more nothing -> 1": {"section": {**STAGE.section, "more": 1}},
    "section changed: x.list [1, 2] -> nothing": {"section": {"x": {"beta": 20}}},
    "code of the stage changed": {"code": "b"},
    "input data changed": {"inputs": {"data": "e" * 64}},
    "input data changed; input other changed": {"names": ("other",), "inputs": {"other": "d" * 64}},
    "component losses/l1 changed: sha256": {"component_version": other_version},
    "component losses/l1 removed": {"components": ()},
    "component losses/l2 added": {"components": (("losses", "l1"), ("losses", "l2"))},
    "seed changed": {"seed": 1},
}


def changed_recipe(
    section=None,
    code="",
    names=("data",),
    inputs=INPUTS,
    components=None,
    component_version=version_of,
    seed=0,
):
    stage = dataclasses.replace(
        STAGE,
        section=STAGE.section if section is None else section,
        components=STAGE.components if components is None else components,
        code=code,
        inputs=names,
    )
    return recipe_of(stage, seed, inputs, component_version)


@pytest.mark.parametrize("reason", CHANGES)
def test_every_part_counts_and_is_explained(reason):
    changed = changed_recipe(**CHANGES[reason])
    assert fingerprint_of(changed) != fingerprint_of(recipe())
    assert explain(changed, recipe()).startswith(reason)


def test_what_does_not_change_the_result_does_not_count():
    same = dataclasses.replace(STAGE, section={"x": {"list": [1, 2], "beta": 20}}, run=print, resumable=True)
    assert fingerprint_of(recipe(same, inputs={"data": "d" * 64})) == fingerprint_of(recipe())
    assert explain(recipe(same), recipe()) == ""


def test_a_fingerprint_is_the_same_everywhere():
    fixed = {"stage": "a", "section": {"b": [1, 2.5, None, "é"]}, "seed": 1}
    assert fingerprint_of(fixed) == "2b4f7b3590e9eadd0452a3da676aca2cef616b9a2abcf04db48c690640f5c009"


def test_many_changes_are_cut_short():
    many = dataclasses.replace(STAGE, section={f"k{index}": "long " * 50 for index in range(9)})
    text = explain(recipe(many), recipe())
    assert "and 8 more" in text
    assert len(text) < 400


def test_seeds_depend_on_run_and_stage_only():
    seeds = {stage_seed(seed, name) for seed in range(50) for name in ("data", "dense", "experts.a")}
    assert len(seeds) == 150
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert recipe()["seed"] == stage_seed(0, "experts.a")


@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}])
def test_a_section_that_is_not_plain_data(value):
    with pytest.raises(ConfigError, match=r"stage 'experts\.a': expected its section to be plain data"):
        recipe(dataclasses.replace(STAGE, section={"x": value}))


def plan_of(stages, **changes):
    settings = {"seed": 0, "component_version": version_of, "forced": frozenset(), **changes}
    return {planned.name: planned for planned in make_plan(stages, **settings)}


def test_a_change_reaches_what_comes_after_it_and_nothing_else(tmp_path):
    before, after = plan_of(make_stages(tmp_path)), plan_of(make_stages(tmp_path, beta=50))
    assert [name for name in before if before[name].fingerprint != after[name].fingerprint] == ["report"]
    after = plan_of(make_stages(tmp_path, width=9))
    assert all(before[name].fingerprint != after[name].fingerprint for name in before)


def test_stages_that_do_not_fit_together(tmp_path):
    stages = make_stages(tmp_path)
    with pytest.raises(ConfigError, match="two stages are named 'data'"):
        plan_of([*stages, stages[0]])
    with pytest.raises(ConfigError, match="stage 'data' reads 'report', which is not before it"):
        plan_of([dataclasses.replace(stages[0], inputs=("report",)), *stages[1:]])


ALL = ["data", "train", "experts.a", "experts.b", "report"]


@pytest.mark.parametrize(
    ("asked", "wanted", "forced"),
    [
        ({}, ALL, []),
        ({"first": "train"}, ALL, ALL[1:]),
        ({"first": "experts"}, ALL, ALL[2:]),
        ({"first": "experts.b"}, ALL, ALL[3:]),
        ({"until": "experts"}, ALL[:4], []),
        ({"until": "experts.a"}, ALL[:3], []),
        ({"only": "experts"}, ALL[2:4], []),
        ({"only": "report"}, ALL[4:], []),
        ({"first": "train", "until": "experts.a"}, ALL[:3], ALL[1:3]),
    ],
)
def test_selection(tmp_path, asked, wanted, forced):
    assert select(make_stages(tmp_path), **asked) == (frozenset(wanted), frozenset(forced))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"first": "trian"}, "there is no stage 'trian'. Did you mean 'train'?"),
        ({"only": "expert"}, "there is no stage 'expert'. Did you mean 'experts'"),
        ({"until": "experts.c"}, "there is no stage 'experts.c'. Did you mean 'experts.b' or 'experts.a'"),
        ({"only": "data", "until": "train"}, "expected --only alone"),
        ({"first": "report", "until": "data"}, "expected --from before --until"),
    ],
)
def test_selection_of_what_is_not_there(tmp_path, asked, expected):
    with pytest.raises(ConfigError) as caught:
        select(make_stages(tmp_path), **asked)
    assert expected in str(caught.value)


def test_component_version_names_provider_and_source():
    version = component_version("experts", "adapter")
    assert version["provider"] == "moei_toolkit"
    assert len(version["sha256"]) == 64
    assert version["sha256"] != component_version("routers", "mlp")["sha256"]


def test_component_version_of_a_stranger():
    with pytest.raises(RegistryError, match="adaptor"):
        component_version("experts", "adaptor")


def test_a_file_that_the_section_names_counts_by_its_content(tmp_path):
    weights = tmp_path / "weights.pth"
    stage = dataclasses.replace(STAGE, section={"loss": [{"weights": str(weights), "title": "no. " * 300}]})
    recipes = []
    for content in (None, b"one", b"two", b"one"):
        if content is not None:
            weights.write_bytes(content)
        recipes.append(recipe(stage))
    absent, one, two, again = map(fingerprint_of, recipes)
    assert one == again
    assert len({absent, one, two}) == 3
    assert explain(recipes[2], recipes[1]) == f"file {weights} changed"
