from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from stored import picture

from moei_toolkit.data.storage import pair_writer
from moei_toolkit.data.storage.pair_store import PairStore
from moei_toolkit.data.storage.pair_writer import PairWriter
from moei_toolkit.errors import DataError

HERE = Path(__file__).parent


def holds(path: Path, images: dict[str, np.ndarray]) -> bool:
    with PairStore(path) as store:
        for key in images:
            store.verify(key)
        return all(np.array_equal(store.image(key).pixels, pixels) for key, pixels in images.items())


@pytest.mark.parametrize("batch", [1, 100_000, 1 << 30])
def test_the_map_grows_with_images_of_mixed_sizes(tmp_path, monkeypatch, batch):
    monkeypatch.setattr(pair_writer, "FIRST_MAP", 16_384)
    monkeypatch.setattr(pair_writer, "ROOM", 1 << 18)
    monkeypatch.setattr(pair_writer, "BATCH_BYTES", batch)
    sizes = np.random.default_rng(0).integers(1, 400, (60, 2))
    images = {f"{number}": picture(number, *size) for number, size in enumerate(sizes)}
    with PairWriter(tmp_path / "grown.lmdb") as writer:
        for key, pixels in images.items():
            writer.put(key, pixels)
    assert holds(tmp_path / "grown.lmdb", images)


def test_images_are_replaced_by_others_of_any_size(tmp_path, monkeypatch):
    monkeypatch.setattr(pair_writer, "FIRST_MAP", 16_384)
    monkeypatch.setattr(pair_writer, "BATCH_BYTES", 300_000)
    rng, images = np.random.default_rng(1), {}
    for _ in range(3):
        with PairWriter(tmp_path / "pairs.lmdb", resume=True) as writer:
            for number in rng.integers(0, 12, 40):
                images[f"{number}"] = picture(int(rng.integers(99)), *rng.integers(1, 300, 2))
                writer.put(f"{number}", images[f"{number}"])
        assert holds(tmp_path / "pairs.lmdb", images)


@pytest.mark.parametrize(
    "sizes", [((150, 160), (150, 160)), ((20, 30), (1100, 1000)), ((1100, 1000), (20, 30))]
)
def test_an_image_stays_until_its_replacement_is_committed(tmp_path, monkeypatch, sizes):
    path, old, new = tmp_path / "pairs.lmdb", picture(0, *sizes[0]), picture(1, *sizes[1])
    with PairWriter(path) as writer:
        writer.put("a", old)
    for _ in range(2):  # a second time finds what the first left behind
        with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
            patch.setattr(pair_writer, "put_mark", interrupt)
            with PairWriter(path, resume=True) as writer:
                writer.put("a", new)
                writer.put("b", new)
        assert holds(path, {"a": old})
        with PairWriter(path, resume=True) as writer:
            assert not writer.has("b")
    with PairWriter(path, resume=True) as writer:
        writer.put("a", new)
    assert holds(path, {"a": new})


def interrupt(transaction: object) -> None:
    """Be what falls between the two steps of a commit."""
    raise KeyboardInterrupt


def test_what_the_caller_changes_later_is_not_stored(tmp_path):
    pixels = picture(0, 200, 200)
    with PairWriter(tmp_path / "pairs.lmdb") as writer:
        writer.put("a", pixels)
        pixels[:] = 0
    assert holds(tmp_path / "pairs.lmdb", {"a": picture(0, 200, 200)})


def test_only_a_whole_block_is_kept(tmp_path):
    with suppress(KeyError), PairWriter(tmp_path / "pairs.lmdb") as writer:
        writer.put("a", picture(0))
        writer.commit()
        writer.put("b", picture(1))
        raise KeyError
    with PairWriter(tmp_path / "pairs.lmdb", resume=True) as writer:
        assert writer.has("a")
        assert not writer.has("b")
        writer.put("b", picture(2))
        assert writer.has("b")
    assert holds(tmp_path / "pairs.lmdb", {"a": picture(0), "b": picture(2)})


def test_a_fresh_writer_never_touches_an_existing_file(tmp_path):
    with PairWriter(tmp_path / "pairs.lmdb") as writer:
        writer.put("a", picture(0))
    before = (tmp_path / "pairs.lmdb").read_bytes()
    with pytest.raises(DataError, match="fresh folder"):
        PairWriter(tmp_path / "pairs.lmdb")
    assert (tmp_path / "pairs.lmdb").read_bytes() == before


@pytest.mark.parametrize("pixels", [np.zeros((4, 4, 3), np.float32), np.zeros((4, 4), np.uint8)])
def test_only_rgb_bytes_can_be_stored(tmp_path, pixels):
    with PairWriter(tmp_path / "pairs.lmdb") as writer, pytest.raises(DataError, match="uint8"):
        writer.put("a", pixels)


@pytest.mark.parametrize("key", ["", "a\0b", "k" * 497, "ü" * 249])
def test_keys_that_cannot_be_stored_are_refused(tmp_path, key):
    with (
        PairWriter(tmp_path / "pairs.lmdb") as writer,
        pytest.raises(DataError, match="key of 1 to 496 bytes"),
    ):
        writer.put(key, picture(0))


@pytest.mark.parametrize("key", ["k" * 496, "ü" * 248, "../ä b#c"])
def test_other_keys_are_stored(tmp_path, key):
    with PairWriter(tmp_path / "pairs.lmdb") as writer:
        writer.put(key, picture(0))
    assert holds(tmp_path / "pairs.lmdb", {key: picture(0)})


def test_equal_images_make_equal_files(tmp_path):
    for name in "ab":
        with PairWriter(tmp_path / name) as writer:
            for number in range(9):
                writer.put(f"{number}", picture(number, 90 * number + 1, 100))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


class TestReadersAndWriters:
    def test_nobody_reads_what_is_being_written(self, tmp_path):
        with PairWriter(tmp_path / "pairs.lmdb") as writer:
            writer.put("a", picture(0))
            writer.commit()
            with pytest.raises(DataError, match="being written"):
                PairStore(tmp_path / "pairs.lmdb").image("a")
            with pytest.raises(DataError, match="in use"):
                PairWriter(tmp_path / "pairs.lmdb", resume=True)
        assert holds(tmp_path / "pairs.lmdb", {"a": picture(0)})

    def test_nobody_writes_while_there_is_a_reader_or_a_view(self, tmp_path):
        with PairWriter(tmp_path / "pairs.lmdb") as writer:
            writer.put("a", picture(0, 200, 200))
        store = PairStore(tmp_path / "pairs.lmdb")
        view = store.image("a").pixels[:2]
        store.close()
        with pytest.raises(DataError, match="in use"):
            PairWriter(tmp_path / "pairs.lmdb", resume=True)
        del view
        PairWriter(tmp_path / "pairs.lmdb", resume=True).close()

    def test_a_reader_in_another_process_counts(self, tmp_path):
        with PairWriter(tmp_path / "pairs.lmdb") as writer:
            writer.put("a", picture(0))
        code = (
            "import sys; from pathlib import Path\n"
            "from moei_toolkit.data.storage.pair_store import PairStore\n"
            "store = PairStore(Path(sys.argv[1])); store.image('a'); print(); input()"
        )
        argv = [sys.executable, "-c", code, str(tmp_path / "pairs.lmdb")]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
            reader.stdout.readline()
            with pytest.raises(DataError, match="in use"):
                PairWriter(tmp_path / "pairs.lmdb", resume=True)
            reader.communicate(b"\n")
        PairWriter(tmp_path / "pairs.lmdb", resume=True).close()


def test_what_was_committed_survives_a_kill_at_any_time(tmp_path):
    path, committed = tmp_path / "pairs.lmdb", -1
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)}
    for lines in (1, 2, 5):  # a kill falls somewhere into the batch after so many
        argv = [sys.executable, str(HERE / "endless_writer.py"), str(path)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, env=environment) as writer:
            said = [int(writer.stdout.readline()) for _ in range(lines)]
            writer.kill()
            said += [int(line) for line in writer.stdout.read().split()]
        assert said[0] > committed
        committed = said[-1]
        images = {f"{number}": picture(number, 150 + number % 7, 160) for number in range(committed + 1)}
        assert holds(path, images)
    with PairWriter(path, resume=True) as writer:
        writer.put("last", picture(0))
    assert holds(path, {**images, "last": picture(0)})


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_and_costs_nothing_that_was_committed(tmp_path):
    images = {f"{number}": picture(number, 200, 200) for number in range(10)}
    path, kept = tmp_path / "pairs.lmdb", {}

    def fill() -> None:
        with PairWriter(path) as writer:
            for key, pixels in images.items():
                writer.put(key, pixels)
                writer.commit()
                kept[key] = pixels

    told = r"pairs\.lmdb: cannot write images .*GiB free.*run the same command again"
    with largest_file(700_000), pytest.raises(DataError, match=told):
        fill()
    assert 2 < len(kept) < 9
    assert holds(path, kept)
    with PairWriter(path, resume=True) as writer:
        assert [writer.has(key) for key in images] == [key in kept for key in images]
        for key in images.keys() - kept.keys():
            writer.put(key, images[key])
    assert holds(path, images)


PUT = """
import resource, sys
from pathlib import Path
import numpy as np
from moei_toolkit.data.storage.pair_writer import PairWriter

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10

pixels = np.random.default_rng(0).integers(0, 256, (4000, 4000, 3), dtype=np.uint8)
before = peak()
with PairWriter(Path(sys.argv[1])) as writer:
    writer.put("a", pixels)
print((peak() - before) / pixels.nbytes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count memory in other units")
def test_a_huge_image_is_copied_once_on_its_way(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PUT, str(tmp_path / "pairs.lmdb")], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 1.2


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"absent/pairs\.lmdb: cannot be opened for writing"):
        PairWriter(tmp_path / "absent" / "pairs.lmdb")


def test_images_are_dropped_from_a_file_without_any_room_left(tmp_path, monkeypatch):
    path = tmp_path / "pairs.lmdb"
    images = {f"image-{i}": picture(i, 200, 300) for i in range(40)}
    with PairWriter(path) as writer:
        for key, pixels in images.items():
            writer.put(key, pixels)
    monkeypatch.setattr(pair_writer, "FIRST_MAP", 1)  # below what the file takes: the map is as large as that
    kept = {key: pixels for i, (key, pixels) in enumerate(images.items()) if i % 3}
    with PairWriter(path, resume=True) as writer:
        writer.keep_only(kept)
        assert not writer.has("image-0")
    assert holds(path, kept)
