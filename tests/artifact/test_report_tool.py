"""The command: packs where it is told to, and its exit code tells whether an artifact holds."""

from __future__ import annotations

import pytest
from tampering import flip_byte

from moei_toolkit.artifact.archive import opened
from moei_toolkit.cli import run_main
from moei_toolkit.commands.report import main
from moei_toolkit.errors import StoreError
from moei_toolkit.io.hashing import sha256_file


def leave_with(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        run_main(main, arguments)
    return caught.value.code


def test_packing_says_where_and_what_is_left_out(finished, packed, tmp_path, capsys):
    assert leave_with("--run", str(finished), "-o", str(tmp_path / "my.zip")) == 0
    assert (tmp_path / "my.zip").read_bytes() == packed.read_bytes()
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"{tmp_path / 'my.zip'}: 0.1 MiB"
    assert [line.partition(",")[0] for line in out[1:]] == [
        f"left out: {what}" for what in ("pixels", "pictures", "logs")
    ]


def test_an_artifact_that_holds(packed, capsys):
    assert leave_with("--verify", str(packed), "--against", str(packed)) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in out] == [*["ok"] * 9, "note", "SHA-256 of SHA256SUMS"]
    with opened(packed) as folder:
        assert out[-1].endswith(sha256_file(folder / "SHA256SUMS"))


def test_an_artifact_that_does_not(unpacked, capsys):
    flip_byte(unpacked / "stages/router/router.safetensors")
    assert leave_with("--verify", str(unpacked)) == StoreError.exit_code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(
        f"error: {unpacked}: 3 problems\n  stages/router/router.safetensors is not"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--run", "a", "--verify", "b"],
        ["--verify", "a", "-o", "b"],
        ["--run", "a", "--against", "b"],
    ],
)
def test_wrong_usage(arguments, capsys):
    assert leave_with(*arguments) == 2
    assert "usage" in capsys.readouterr().err
