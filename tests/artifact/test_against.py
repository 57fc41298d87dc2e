"""What an artifact says beside another run: how far images differ, and whether it is another run at all."""

from __future__ import annotations

import pytest
from tampering import edit_row, set_psnr

from moei_toolkit.artifact.checks import CHECKS
from moei_toolkit.artifact.verification import verify_artifact
from moei_toolkit.errors import StoreError

SAME_RUN = "both are the same run, not one and its repetition: comparing them shows nothing"


def test_against_the_same_run(packed, finished):
    found = verify_artifact(packed, finished)
    assert found.holds[len(CHECKS) :] == [
        f"{policy}: median difference 0.0000 dB over 5 images (expected below 0.05 dB), largest 0.0000 dB"
        for policy in ("dense", "actual")
    ]
    assert found.notes == [SAME_RUN]
    assert verify_artifact(packed, packed) == found


def test_against_a_run_that_came_out_otherwise(packed, unpacked):
    for image in ("one-rain-0", "two-rain-0", "one-haze-0"):
        edit_row(unpacked, image, "dense", set_psnr)
    with pytest.raises(StoreError, match="1 problem") as caught:
        verify_artifact(packed, unpacked)
    assert str(caught.value).splitlines()[1:] == [
        "  dense: median difference 1.0000 dB over 5 images (expected below 0.05 dB), largest 1.0000 dB",
        f"  note: {SAME_RUN}",
    ]


def test_against_a_folder_that_is_no_run(packed, tmp_path):
    with pytest.raises(StoreError, match=r"1 problem\n  against .*: cannot read .*run.json"):
        verify_artifact(packed, tmp_path)


def test_against_what_cannot_be_opened_does_not_hide_other_problems(unpacked, tmp_path):
    (unpacked / "environment.json").unlink()
    with pytest.raises(StoreError, match=r"2 problems\n  environment.json is missing\n  against .*none.zip"):
        verify_artifact(unpacked, tmp_path / "none.zip")
