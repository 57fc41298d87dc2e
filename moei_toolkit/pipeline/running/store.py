"""The stage store: committed results by stage and fingerprint, shared by runs and processes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from moei_toolkit.errors import StoreError
from moei_toolkit.io.atomic import fsync_dir, fsync_tree, remove_leftovers
from moei_toolkit.io.disk import disk_errors
from moei_toolkit.io.manifest import (
    MANIFEST,
    Manifest,
    Output,
    outputs_of,
    read_manifest,
    write_manifest,
)

_DIGITS = 12


@dataclass(frozen=True)
class Found:
    """What the store holds for a stage and fingerprint.

    Attributes:
        folder: Where the result lies or would lie.
        status: ``whole`` (can be reused), ``broken``, or ``absent``.
        reason: What is wrong with a broken result.
    """

    folder: Path
    status: Literal["whole", "broken", "absent"]
    reason: str = ""


class StageStore:
    """Keeps the folder of each stage under ``root/<stage>/<first 12 digits of its fingerprint>``.

    A stage writes into ``<folder>.partial``; one rename commits it, once its manifest is inside and all of it
    is on the disk. Whatever is committed is whole, and is never written to again.

    Args:
        root: Folder of the store; made when first needed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, stage: str, fingerprint: str) -> Path:
        """Return where the committed result lies or would lie."""
        return self.root / stage / fingerprint[:_DIGITS]

    def partial(self, stage: str, fingerprint: str) -> Path:
        """Return where the result is written before it is committed."""
        return self._aside(stage, fingerprint, "partial")

    def find(self, stage: str, fingerprint: str) -> Found:
        """Look for a committed result; files are checked by size, their content is not read."""
        folder = self.folder(stage, fingerprint)
        if not folder.is_dir():
            what = f"{folder} is no folder" if os.path.lexists(folder) else ""
            return Found(folder, "broken" if what else "absent", what)
        try:
            manifest = read_manifest(folder)
        except StoreError as error:
            return Found(folder, "broken", str(error))
        reason = _mismatch(folder, manifest, fingerprint)
        return Found(folder, "broken", reason) if reason else Found(folder, "whole")

    def is_unsettled(self, stage: str, fingerprint: str) -> bool:
        """Tell whether a replacement was interrupted, and taking the claim would put that in order."""
        old = self._aside(stage, fingerprint, "old")
        return old.exists() and os.access(old.parent, os.W_OK)

    @contextmanager
    def claim(self, stage: str, fingerprint: str, say: Callable[[str], None]) -> Iterator[None]:
        """Hold the lock of a stage and fingerprint, after waiting for whoever holds it.

        A lock ends with the process that holds it, however that ends.

        Args:
            stage: Name of the stage.
            fingerprint: Its fingerprint.
            say: Told what is waited for.

        Raises:
            StoreError: The store cannot be written to.
        """
        path = self._aside(stage, fingerprint, "lock")
        lock = FileLock(path)
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not _try_acquire(lock):
                say(f"{stage}: waiting for another process that computes it (lock {path})")
                lock.acquire()
        try:
            self._undo_replacement(stage, fingerprint)
            yield
        finally:
            lock.release()

    def open_partial(self, stage: str, fingerprint: str, resume: bool) -> Path:
        """Return the folder to write to; call it while holding the claim.

        Args:
            stage: Name of the stage.
            fingerprint: Its fingerprint.
            resume: Keep what an interrupted attempt left there.

        Raises:
            StoreError: The store cannot be written to.
        """
        partial = self.partial(stage, fingerprint)
        with disk_errors(partial):
            if partial.exists() and not resume:
                shutil.rmtree(partial)
            partial.mkdir(parents=True, exist_ok=True)
            (partial / MANIFEST).unlink(missing_ok=True)
        remove_leftovers(partial)
        return partial

    def commit(self, manifest: Manifest) -> Path:
        """Make the partial folder of a stage its committed result; call it while holding the claim.

        A result that is already there is removed once the new one has taken its place.

        Args:
            manifest: Describes the stage; its outputs are filled in here.

        Returns:
            The committed folder.

        Raises:
            StoreError: The disk is full, read-only, or failed; the partial folder is still there.
        """
        stage, fingerprint = manifest.stage, manifest.fingerprint
        partial, folder = self.partial(stage, fingerprint), self.folder(stage, fingerprint)
        with disk_errors(partial):
            remove_leftovers(partial)
            write_manifest(partial, manifest.model_copy(update={"outputs": outputs_of(partial)}))
            fsync_tree(partial)
            old = self._aside(stage, fingerprint, "old")
            if folder.exists():
                folder.rename(old)
            partial.rename(folder)
            fsync_dir(folder.parent)
            if old.exists():
                shutil.rmtree(old)
        return folder

    def set_aside(self, stage: str, fingerprint: str) -> Path:
        """Move a broken result out of the way, without deleting anything; call it while holding the claim.

        Returns:
            Where it was moved to.

        Raises:
            StoreError: The store cannot be written to.
        """
        folder, number = self.folder(stage, fingerprint), 1
        while os.path.lexists(target := self._aside(stage, fingerprint, f"broken-{number}")):
            number += 1
        with disk_errors(folder):
            folder.rename(target)
        return target

    def _aside(self, stage: str, fingerprint: str, suffix: str) -> Path:
        folder = self.folder(stage, fingerprint)
        return folder.with_name(f"{folder.name}.{suffix}")

    def _undo_replacement(self, stage: str, fingerprint: str) -> None:
        folder, old = self.folder(stage, fingerprint), self._aside(stage, fingerprint, "old")
        if not old.exists():
            return
        with disk_errors(folder):
            if folder.exists():
                shutil.rmtree(old)
            else:
                old.rename(folder)


def _try_acquire(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


def _mismatch(folder: Path, manifest: Manifest, fingerprint: str) -> str:
    if manifest.fingerprint != fingerprint:
        return f"{folder / MANIFEST} is of another fingerprint, {manifest.fingerprint}"
    for name, output in manifest.outputs.items():
        if reason := _wrong_size(folder / name, output):
            return reason
    return ""


def _wrong_size(path: Path, output: Output) -> str:
    if not path.is_file():
        return f"{path} is missing"
    size = path.stat().st_size
    return "" if size == output.bytes else f"{path}: expected {output.bytes} bytes, got {size}"


def damage(folder: Path) -> Iterator[str]:
    """Read every file of a committed result; yield a sentence for each that is not what was committed."""
    try:
        manifest = read_manifest(folder)
    except StoreError as error:
        yield str(error)
        return
    actual = outputs_of(folder)
    for name in sorted(manifest.outputs):
        if name not in actual:
            yield f"{folder / name} is missing"
        elif actual[name] != manifest.outputs[name]:
            yield f"{folder / name} is not what was committed: its content has changed"
