"""Routers that do not learn: one expert, chance, and what turned out best."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from moei_toolkit.errors import DataError
from moei_toolkit.routers.chance import RandomRouter
from moei_toolkit.routers.fixed import FixedRouter
from moei_toolkit.routers.oracle import OracleRouter

NAMES = ("rain", "haze", "snow")


def test_the_fixed_expert_is_always_chosen():
    logits = FixedRouter(NAMES, "haze")(torch.randn(4, 8))
    torch.testing.assert_close(logits, torch.tensor([[0.0, 1.0, 0.0]]).expand(4, 3))


def test_an_expert_that_is_not_there_is_refused():
    with pytest.raises(DataError, match=r"no expert 'hase'\. Did you mean 'haze'"):
        FixedRouter(NAMES, "hase")


def test_chance_follows_the_rule_that_is_written_down():
    g = torch.randn(1, 8, generator=torch.Generator().manual_seed(0))
    content = np.asarray(g[0], "<f4").tobytes()
    expected = [
        int(hashlib.sha256(f"7/{expert}/".encode() + content).hexdigest()[:16], 16) / 2**64
        for expert in range(3)
    ]
    torch.testing.assert_close(RandomRouter(3, seed=7)(g)[0], torch.tensor(expected))


def test_chance_depends_on_the_descriptor_and_the_seed_and_nothing_else():
    g = torch.randn(6, 8, generator=torch.Generator().manual_seed(0))
    logits = RandomRouter(3)(g)
    torch.manual_seed(5)
    assert torch.equal(RandomRouter(3)(g.flip(0)).flip(0), logits)
    assert not torch.equal(RandomRouter(3, seed=1)(g), logits)
    assert len({tuple(row) for row in logits.tolist()}) == 6


def test_chance_favours_nobody():
    g = torch.randn(3000, 4, generator=torch.Generator().manual_seed(0))
    shares = RandomRouter(3)(g).argmax(1).bincount() / 3000
    assert (shares - 1 / 3).abs().max() < 0.04


def row(image: str, policy: str, error: object) -> str:
    return json.dumps({"id": image, "policy": policy, "error": error})


def rows_file(folder: Path, name: str = "per_image.jsonl", **errors: list[float]) -> str:
    """Rows of images: the policies of four experts, and others."""
    lines = []
    for image, values in errors.items():
        lines += [row(image, f"expert.{name}", e) for name, e in zip((*NAMES, "dust"), values, strict=True)]
        lines += [row(image, "dense", 0.0), row(image, "oracle", min(values))]
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_the_oracle_takes_the_least_error_of_the_experts_there_are(tmp_path):
    first = rows_file(tmp_path, a=[0.2, 0.1, 0.4, 0.01], b=[0.1, 0.2, 0.0, 0.3])
    second = rows_file(tmp_path, "other.jsonl", c=[0.01, 0.02, 0.03, 0.04])
    router = OracleRouter(NAMES, [first, second])
    logits = router.score(torch.randn(3, 8), ["a", "b", "c"])
    assert logits.argmax(1).tolist() == [1, 2, 0]
    expected = torch.tensor([-math.log(0.2), -math.log(0.1), -math.log(0.4)])
    torch.testing.assert_close(logits[0], expected)
    assert torch.isfinite(logits).all()
    assert torch.equal(OracleRouter(NAMES, first)(torch.randn(2, 8)), torch.zeros(2, 3))


def test_an_image_the_oracle_does_not_know_is_named(tmp_path):
    router = OracleRouter(NAMES, rows_file(tmp_path, a=[0.2, 0.1, 0.4, 0.3]))
    with pytest.raises(DataError, match=r"per_image\.jsonl: no errors for image 'z'.*to 'rows'"):
        router.score(torch.zeros(2, 8), ["a", "z"])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["{"], "per_image.jsonl:1: expected a JSON object"),
        (['{"id": "a", "policy": "expert.rain"}'], r"per_image.jsonl:1: expected a row of an evaluation"),
        ([row("a", "expert.rain", 0.1), row("a", "expert.hase", 0.1)], "no error of expert 'haze'. Did you"),
        ([row("a", "expert.rain", "much")], "expected a row"),
        ([row("a", "expert.rain", -0.1)], "an error of 0 or more, got .*-0.1"),
        (['{"id": "a", "policy": "expert.rain", "error": 1e999}'], "an error of 0 or more, got .*inf"),
        (
            [row("a", "expert.rain", 0.1), row("a", "expert.rain", 0.2)],
            "per_image.jsonl:2: 'expert.rain' on image 'a' had error 0.1 before, now 0.2",
        ),
    ],
)
def test_rows_that_cannot_be_used_are_refused(tmp_path, lines, said):
    path = tmp_path / "per_image.jsonl"
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match=said):
        OracleRouter(NAMES, str(path))
    with pytest.raises(DataError, match="cannot read"):
        OracleRouter(NAMES, str(tmp_path / "nowhere.jsonl"))
