import json
import os

import pytest
import torch

from moei_toolkit.errors import CheckpointError, StoreError
from moei_toolkit.io.weights import load_weights, save_weights

INFO = {"kind": "adapter", "reduction": 0.0625, "sites": ["a", "b"]}


def some_tensors():
    generator = torch.Generator().manual_seed(3)
    return {
        "conv": torch.randn(4, 3, 3, 3, generator=generator).to(memory_format=torch.channels_last),
        "half": torch.randn(5, generator=generator).to(torch.bfloat16),
        "count": torch.tensor(7),
        "empty": torch.zeros(0, 2),
        "transposed": torch.randn(3, 5, generator=generator).t(),
    }


@pytest.fixture
def saved(tmp_path):
    return save_weights(tmp_path / "net", some_tensors(), INFO)


def test_what_is_saved_is_loaded(saved):
    tensors, info = load_weights(saved)
    assert info == INFO
    assert tensors.keys() == some_tensors().keys()
    for name, tensor in some_tensors().items():
        assert tensors[name].dtype == tensor.dtype
        assert torch.equal(tensors[name], tensor)


def test_the_json_beside_says_what_it_is(saved):
    description = json.loads(saved.with_suffix(".json").read_text())
    assert description["file"] == "net.safetensors"
    assert description["bytes"] == saved.stat().st_size
    assert description["parameters"] == 4 * 27 + 5 + 1 + 0 + 15


@pytest.mark.parametrize("name", ["net", "net.safetensors"])
def test_the_suffix_may_be_left_out(saved, name):
    assert load_weights(saved.parent / name)[1] == INFO


def test_a_name_with_a_dot_keeps_it(tmp_path):
    assert save_weights(tmp_path / "expert.rain", {}, {}).name == "expert.rain.safetensors"
    assert load_weights(tmp_path / "expert.rain") == ({}, {})


def test_a_folder_means_weights_inside(tmp_path):
    assert save_weights(tmp_path, some_tensors(), INFO) == tmp_path / "weights.safetensors"
    assert load_weights(tmp_path)[1] == INFO


def test_equal_tensors_give_equal_bytes(tmp_path):
    first = save_weights(tmp_path / "a", some_tensors(), INFO)
    second = save_weights(tmp_path / "b", dict(reversed(some_tensors().items())), INFO)
    assert first.read_bytes() == second.read_bytes()


def test_tensors_that_share_memory_and_need_gradients(tmp_path):
    weight = torch.nn.Parameter(torch.ones(4))
    save_weights(tmp_path / "a", {"first": weight, "second": weight[:2]}, {})
    tensors, _ = load_weights(tmp_path / "a")
    assert torch.equal(tensors["second"], torch.ones(2))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_not_finite_is_not_saved_and_the_old_file_stays(saved, value):
    with pytest.raises(CheckpointError, match="'conv' holds NaN or infinity"):
        save_weights(saved, {"conv": torch.tensor([1.0, value])}, {})
    assert load_weights(saved)[1] == INFO


@pytest.mark.parametrize("kept", [0, 1, 7, 100, -1])
def test_a_truncated_file_is_refused(saved, kept):
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match="truncated") as caught:
        load_weights(saved)
    assert str(saved) in str(caught.value)


def test_one_flipped_bit_is_refused(saved):
    data = bytearray(saved.read_bytes())
    data[-1] ^= 1
    saved.write_bytes(data)
    with pytest.raises(CheckpointError, match="damaged"):
        load_weights(saved)


def test_missing_files(saved, tmp_path):
    with pytest.raises(CheckpointError, match=r"other\.json"):
        load_weights(tmp_path / "other")
    description = saved.with_suffix(".json")
    text = description.read_text()
    description.unlink()
    with pytest.raises(CheckpointError, match=r"net\.json is missing"):
        load_weights(saved)
    description.write_text(text)
    saved.unlink()
    with pytest.raises(CheckpointError, match=r"net\.safetensors: No such file"):
        load_weights(saved)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"format": "other"}', '{"format": "moei_toolkit.weights"}']
)
def test_a_json_that_describes_nothing(saved, text):
    saved.with_suffix(".json").write_text(text)
    with pytest.raises(CheckpointError, match=r"net\.json"):
        load_weights(saved)


def test_a_later_version_is_refused(saved):
    path = saved.with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 2}))
    with pytest.raises(CheckpointError, match="has version 2; this toolkit reads 1"):
        load_weights(saved)


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".ckpt", ".bin", ".PTH"])
def test_a_pickle_is_never_opened(tmp_path, suffix):
    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path}/ran",)

    path = tmp_path / f"net{suffix}"
    torch.save(Evil(), path)
    with pytest.raises(CheckpointError, match=r"is a pickled checkpoint, .*save_weights"):
        load_weights(path)
    assert not (tmp_path / "ran").exists()


def test_a_foreign_file_that_matches_its_description(saved):
    data = b"not safetensors at all"
    saved.write_bytes(data)
    path = saved.with_suffix(".json")
    from moei_toolkit.io.hashing import sha256_bytes

    path.write_text(
        json.dumps({**json.loads(path.read_text()), "bytes": len(data), "sha256": sha256_bytes(data)})
    )
    with pytest.raises(CheckpointError, match="is not a safetensors file"):
        load_weights(saved)


def test_a_full_disk_leaves_the_old_weights(saved, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="GiB free"):
            save_weights(saved, {"conv": torch.zeros(1)}, {})
    assert load_weights(saved)[1] == INFO
