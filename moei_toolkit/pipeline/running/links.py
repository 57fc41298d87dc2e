"""Links in a run's folder that lead a person to the result of each stage."""

from __future__ import annotations

import os
from pathlib import Path

from moei_toolkit.io.atomic import beside
from moei_toolkit.io.disk import disk_errors
from moei_toolkit.io.reporter import Reporter


def link_stage(work_dir: Path, stage: str, folder: Path, reporter: Reporter) -> None:
    """Make ``work_dir/stage`` a relative link to ``folder``; what is there and no link is left alone.

    Links are a convenience: where they cannot be made, the reporter is told and the run goes on.
    """
    link, target = work_dir / stage, relative(folder, work_dir)
    if link.is_symlink() and link.readlink() == Path(target):
        return
    if link.exists() and not link.is_symlink():
        reporter.info(f"{link} is in the way of a link to {folder}")
        return
    temporary = beside(link)
    try:
        temporary.symlink_to(target, target_is_directory=True)
        temporary.replace(link)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        reporter.info(f"cannot link {link} to {folder}: {error.strerror}")


def unlink_stage(work_dir: Path, stage: str) -> None:
    """Remove the link to a result that is out of date.

    Raises:
        StoreError: The run's folder cannot be written to.
    """
    link = work_dir / stage
    if link.is_symlink():
        with disk_errors(link):
            link.unlink()


def relative(folder: Path, work_dir: Path) -> str:
    """Return the path of ``folder`` as seen from ``work_dir``."""
    return os.path.relpath(folder.resolve(), work_dir.resolve())
