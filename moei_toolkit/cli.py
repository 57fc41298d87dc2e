"""What every command line tool shares: its parser, its options, and how it ends."""

from __future__ import annotations

import argparse
import ast
import contextlib
import functools
import os
import re
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

from moei_toolkit import __version__
from moei_toolkit.errors import ConfigError, MoeiError, did_you_mean
from moei_toolkit.frames import words_of

PARTIAL = 10
"""What a command exits with that did its work, but had to leave out some of what it was given."""
INTERRUPTED = 130
BROKEN_PIPE = 141

_KEY = re.compile(r"\w+(\.\w+)*")
_WORDS = {"true": True, "false": False}


class CommandParser(argparse.ArgumentParser):
    """An argument parser with ``--version`` and ``--traceback``.

    Args:
        description: What the command does, in one or two sentences.
        epilog: Examples, shown as they are.
    """

    def __init__(self, description: str, epilog: str = "") -> None:
        super().__init__(
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.add_argument("--version", action="version", version=f"moei_toolkit {__version__}")
        self.add_argument("--traceback", action="store_true", help="show where an error comes from")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse like the base, and tell what a mistyped option may have meant."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            options = [option for option in self._option_string_actions if option.startswith("--")]
            hint = did_you_mean(unknown[0].partition("=")[0], options) if unknown[0].startswith("--") else ""
            self.error(f"unrecognized arguments: {' '.join(unknown)}. {hint}".rstrip(". "))
        return found

    def add_config_options(self) -> None:
        """Add ``--cfg-options``, whose items :func:`parse_options` turns into a dict."""
        self.add_argument(
            "--cfg-options",
            nargs="+",
            action="extend",
            default=[],
            metavar="KEY=VALUE",
            help="override configuration values, for instance router.beta=50",
        )

    def add_run(self) -> None:
        """Add ``--run``, a finished run."""
        self.add_argument("--run", type=parse_path, required=True, metavar="WORK_DIR", help="a finished run")


def parse_size(text: str) -> tuple[int, int]:
    """Read ``WIDTHxHEIGHT`` of an image, for `argparse`."""
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if match is None or min(map(int, match.groups())) < 16:
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT of 16 pixels or more, got {text!r}")
    from moei_toolkit.io.images.photograph import MAX_STREAMED_PIXELS

    width, height = map(int, match.groups())
    if width * height > MAX_STREAMED_PIXELS:
        raise argparse.ArgumentTypeError(f"expected at most {MAX_STREAMED_PIXELS:,} pixels, got {text!r}")
    return width, height


def parse_path(text: str) -> Path:
    """Read a path, for `argparse`; an empty text, as of a variable that is not set, would be this folder."""
    if not text:
        raise argparse.ArgumentTypeError("expected a path, got an empty text")
    return Path(text)


def parse_count(text: str) -> int:
    """Read a whole number above 0, for `argparse`."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


def parse_options(items: Iterable[str]) -> dict[str, Any]:
    """Parse ``a.b=1`` items into a flat dict with dotted keys.

    A value is read as a Python literal; ``true`` and ``false`` are accepted too, and a bare word or path is a
    string.

    Raises:
        ConfigError: If an item has no ``=``, a key is malformed or given twice, or a bracket or quote is not
            closed.
    """
    options: dict[str, Any] = {}
    for item in items:
        key, separator, text = item.partition("=")
        if not separator or not _KEY.fullmatch(key):
            raise ConfigError(f"--cfg-options: expected KEY=VALUE with a dotted key, got {item!r}")
        if key in options:
            raise ConfigError(f"--cfg-options: {key!r} is given twice")
        options[key] = _parse_value(key, text)
    return options


def _parse_value(key: str, text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        if text[:1] in tuple("[({'\""):
            message = (
                f"--cfg-options: {key}: expected a Python literal, got {text!r}; strings inside need quotes"
            )
            raise ConfigError(message) from error
        return text


def format_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as aligned text columns below a header."""
    cells = [list(header)] + [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)
    return "\n".join(lines)


def run_main(main: Callable[[Sequence[str]], int], argv: Sequence[str] | None = None) -> NoReturn:
    """Run a command and leave the process: results on stdout, one readable error on stderr, an exit code.

    Exit codes: that of ``main``; ``exit_code`` of a :class:`MoeiError`; 2 for wrong usage; 10 when some of
    the input was left out; 129 when the terminal was closed; 130 after Ctrl-C; 141 when the reader of stdout
    or stderr has gone; 143 when a scheduler ended it; 1 for anything else.

    Args:
        main: Takes the arguments and returns the exit code.
        argv: The arguments; those of the process if None.
    """
    # Threads that spin for long while they wait starve each other as soon as anything else runs on the
    # machine; threads that never spin cost a quarter of the speed on a quiet one.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "3000")
    arguments = sys.argv[1:] if argv is None else argv
    _open_closed_streams()
    _heed_signals()
    try:
        code = main(arguments)
        sys.stdout.flush()
    except Exception as error:
        code = _report(error, arguments)
    except KeyboardInterrupt as stopped:
        code = stopped.code if isinstance(stopped, _Ended) else INTERRUPTED
        _complain("interrupted; run the same command again")
    sys.exit(code)


def _open_closed_streams() -> None:
    """Lead nowhere what was closed before the start: files that are opened must not become the output."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)


class _Ended(KeyboardInterrupt):
    """A scheduler or ``kill`` wants the command to end, or its terminal has gone; it does as after Ctrl-C."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


def _heed_signals() -> None:
    end = functools.partial(_end, os.getpid())
    signal.signal(signal.SIGTERM, end)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        signal.signal(signal.SIGHUP, end)


def _end(process: int, number: int, frame: object) -> None:
    if os.getpid() == process:
        raise _Ended(128 + number)
    os._exit(128 + number)  # a worker that was forked from the command is ended from there


def _report(error: Exception, arguments: Sequence[str]) -> int:
    if _is_of_a_pipe(error) and any([_is_gone(sys.stdout), _is_gone(sys.stderr)]):
        return BROKEN_PIPE
    if "--traceback" in arguments or os.environ.get("MOEI_TRACEBACK", "0") not in ("", "0"):
        _complain("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, MoeiError):
        _complain(f"error: {error}")
        return error.exit_code
    plugin = _plugin_behind(error)
    whose = f"in the plugin {plugin}: " if plugin else ""
    _complain(f"error: {whose}{type(error).__name__}: {' '.join(words_of(error).split())}")
    if plugin:
        _complain("run with --traceback for details")
    elif not isinstance(error, OSError):  # a full disk or a missing file is nobody's bug
        _complain("this is a bug; run with --traceback for details")
    return 1


def _plugin_behind(error: Exception) -> str:
    from moei_toolkit.pipeline.running.culprit import plugin_behind
    from moei_toolkit.registration.plugins import load_plugins

    return plugin_behind(error) if load_plugins.cache_info().currsize else ""  # not loaded, not to blame


def _is_of_a_pipe(error: BaseException | None) -> bool:
    """Tell whether a broken pipe was at the beginning: a stage that says something fails of it, too."""
    return error is not None and (isinstance(error, BrokenPipeError) or _is_of_a_pipe(error.__cause__))


def _is_gone(stream: TextIO) -> bool:
    """Tell whether a stream is the broken pipe; if so, let the interpreter flush into nowhere at exit."""
    poll = select.poll()
    poll.register(stream.fileno(), 0)
    if not any(flags & (select.POLLERR | select.POLLHUP) for _, flags in poll.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return True


def _complain(text: str) -> None:
    with contextlib.suppress(OSError):  # of a terminal that was closed
        print(text, file=sys.stderr)
