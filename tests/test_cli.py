from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from moei_toolkit import __version__
from moei_toolkit.cli import (
    CommandParser,
    format_table,
    parse_count,
    parse_options,
    parse_path,
    parse_size,
    run_main,
)
from moei_toolkit.commands.train import main as train
from moei_toolkit.errors import ConfigError, TrainingError


@pytest.fixture(autouse=True)
def handler():
    """A command ends as a scheduler wants it; the tests do not."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def end(action, *argv: str) -> int:
    """Run a main that does one thing, and return the exit code."""
    with pytest.raises(SystemExit) as caught:
        run_main(action, argv)
    return caught.value.code


def raiser(error: BaseException):
    def main(argv):
        raise error

    return main


def test_main_receives_the_arguments_and_gives_the_exit_code(monkeypatch):
    assert end(lambda argv: len(argv), "a", "b") == 2
    monkeypatch.setattr(sys, "argv", ["tool", "a", "b", "c"])
    with pytest.raises(SystemExit) as caught:
        run_main(lambda argv: len(argv))
    assert caught.value.code == 3


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (ConfigError("lr is missing"), 2, "error: lr is missing\n"),
        (TrainingError("loss is nan"), 7, "error: loss is nan\n"),
        (KeyboardInterrupt(), 130, "interrupted; run the same command again\n"),
        (
            ValueError("odd\nvalue"),
            1,
            "error: ValueError: odd value\nthis is a bug; run with --traceback for details\n",
        ),
        (OSError(28, "No space left", "/x"), 1, "error: OSError: [Errno 28] No space left: '/x'\n"),
        (BrokenPipeError("a worker died"), 1, "error: BrokenPipeError: a worker died\n"),
    ],
)
def test_errors_become_a_message_and_a_code(capfd, monkeypatch, error, code, text):
    monkeypatch.delenv("MOEI_TRACEBACK", raising=False)
    assert end(raiser(error)) == code
    assert capfd.readouterr() == ("", text)


def test_an_error_that_fails_to_say_something_is_named(capfd, monkeypatch):
    class MuteError(Exception):
        def __str__(self):
            raise KeyError

    monkeypatch.delenv("MOEI_TRACEBACK", raising=False)
    assert end(raiser(MuteError())) == 1
    assert "error: MuteError: (its message cannot be told: KeyError)\n" in capfd.readouterr().err


def test_traceback_on_request(capfd, monkeypatch):
    monkeypatch.delenv("MOEI_TRACEBACK", raising=False)
    end(raiser(ConfigError("x")), "--traceback")
    assert "Traceback" in capfd.readouterr().err
    monkeypatch.setenv("MOEI_TRACEBACK", "1")
    end(raiser(ValueError("x")))
    assert "Traceback" in capfd.readouterr().err


def test_a_reader_that_leaves_is_not_an_error():
    code = (
        "import sys\nfrom moei_toolkit.cli import run_main\n"
        "def main(argv):\n    sys.stdin.read()\n    print('line')\n    return 0\n"
        "run_main(main)"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize("raised", ["error", "MoeiError('a stage failed') from error"])
def test_a_reader_of_what_is_said_that_leaves_is_none_either(raised):
    """``train ... 2>&1 | head``; a stage wraps what is raised in it."""
    code = (
        "import sys\nfrom moei_toolkit.cli import run_main\nfrom moei_toolkit.errors import MoeiError\n"
        "from moei_toolkit.io.reporter import RichReporter\n"
        "def main(argv):\n    sys.stdin.read()\n    try:\n        RichReporter().info('line')\n"
        f"    except OSError as error:\n        raise {raised}\n"
        "run_main(main)"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        process.stdout.close()
        process.stdin.close()
    assert process.returncode == 141


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_scheduler_or_a_closed_terminal_ends_a_command_as_ctrl_c_does_and_its_workers_with_it(number, code):
    command = (
        "import os, signal, sys, time\nfrom moei_toolkit.cli import run_main\n"
        "signal.signal(int(sys.argv[1]), signal.SIG_DFL)\n"  # the tests may run under nohup
        "def main(argv):\n"
        "    child, (ready, is_ready) = 0, os.pipe()\n"
        "    try:\n"
        "        child = os.fork()\n"  # Python forgets signals that come before the child has begun
        "        if not child:\n            os.write(is_ready, b'.')\n            time.sleep(60)\n"
        "        os.read(ready, 1)\n"
        "        print(child, flush=True)\n"
        "        time.sleep(60)\n"
        "    finally:\n"
        "        if child:\n"
        "            os.kill(child, int(argv[0]))\n"
        "            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)\n"
        "run_main(main)"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", command, str(int(number))], **pipes) as process:
        assert int(process.stdout.readline()) > 0
        process.send_signal(number)
        assert process.stdout.read() == f"{code}\n"
        assert process.stderr.read() == "interrupted; run the same command again\n"
    assert process.returncode == code


def test_nohup_keeps_a_command_going():
    command = (
        "import os, signal\nfrom moei_toolkit.cli import run_main\n"
        "run_main(lambda argv: os.kill(os.getpid(), signal.SIGHUP) or 5)"
    )
    done = subprocess.run(["nohup", sys.executable, "-c", command], capture_output=True, check=False)
    assert done.returncode == 5


def test_an_empty_folder_is_not_that_of_the_config(capsys):
    """As of a variable of the shell that is not set."""
    with pytest.raises(SystemExit, match="2"):
        train(["configs/smoke.py", "--work-dir", "", "--print-config"])
    assert "--work-dir: expected a path, got an empty text" in capsys.readouterr().err


def test_parser_has_version_and_traceback_and_no_abbreviations(capsys):
    parser = CommandParser("Does things.")
    assert parser.parse_args(["--traceback"]).traceback is True
    with pytest.raises(SystemExit, match="0"):
        parser.parse_args(["--version"])
    assert capsys.readouterr().out == f"moei_toolkit {__version__}\n"
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args(["--trace"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("--tracebak", "unrecognized arguments: --tracebak. Did you mean '--traceback'?"),
        ("--cfg-opions=a", "unrecognized arguments: --cfg-opions=a. Did you mean '--cfg-options'?"),
        ("stray", "unrecognized arguments: stray\n"),
    ],
)
def test_a_mistyped_option_is_told_what_it_may_have_meant(wrong: str, said: str, capsys):
    parser = CommandParser("Does things.")
    parser.add_config_options()
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args([wrong])
    assert said in capsys.readouterr().err


def test_config_options_accumulate():
    parser = CommandParser("Does things.")
    parser.add_config_options()
    assert parser.parse_args([]).cfg_options == []
    args = parser.parse_args(["--cfg-options", "a=1", "b.c=2", "--cfg-options", "d=x"])
    assert parse_options(args.cfg_options) == {"a": 1, "b.c": 2, "d": "x"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1e-3", -1e-3),
        ("True", True),
        ("false", False),
        ("None", None),
        ("'1'", "1"),
        ("word", "word"),
        ("/some/path.py", "/some/path.py"),
        ("a=b", "a=b"),
        ("", ""),
        ("[1, 'x']", [1, "x"]),
        ("{'a': (1, 2)}", {"a": (1, 2)}),
        ("__import__('os')", "__import__('os')"),
    ],
)
def test_option_values(text, value):
    parsed = parse_options([f"a.b={text}"])["a.b"]
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize("item", ["a", "=1", "a..b=1", ".a=1", "a b=1", "a=[1, 2", "a='x", "a=[x, y]", "a={"])
def test_bad_options_are_refused(item):
    with pytest.raises(ConfigError, match="--cfg-options"):
        parse_options([item])


def test_an_option_given_twice_is_refused():
    with pytest.raises(ConfigError, match="'a' is given twice"):
        parse_options(["a=1", "a=2"])


def test_tables_are_aligned_and_may_be_empty():
    assert format_table(("kind", "n"), [("experts", 2), ("x", 10)]) == "kind     n\nexperts  2\nx        10"
    assert format_table(("kind", "n"), []) == "kind  n"


@pytest.mark.parametrize("text", ["15x2160", "3840", "3840x2160x3", "-3840x2160", "99999x99999"])
def test_a_size_that_no_image_has_is_refused(text):
    with pytest.raises(ArgumentTypeError, match=r"expected .* pixels"):
        parse_size(text)


def test_an_empty_path_is_not_the_folder_one_is_in():
    assert parse_path("photo.jpg") == Path("photo.jpg")
    with pytest.raises(argparse.ArgumentTypeError, match="expected a path"):
        parse_path("")


def test_sizes_and_counts_are_read():
    assert parse_size("3840x2160") == (3840, 2160)
    assert [parse_count(text) for text in ("1", "030")] == [1, 30]


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", "two"])
def test_a_count_below_one_is_refused(text):
    with pytest.raises(ArgumentTypeError, match="whole number above 0"):
        parse_count(text)


def test_nothing_is_written_into_files_where_the_output_was_closed(tmp_path: Path):
    code = (
        "import sys; from pathlib import Path; from moei_toolkit.cli import run_main\n"
        "def main(argv):\n    with Path(argv[0]).open('w') as file:\n        print('said', flush=True)\n"
        "        print('lost', file=sys.stderr)\n        file.write('kept')\n    return 0\nrun_main(main)"
    )
    script = 'exec "$0" -c "$1" "$2" >&- 2>&-'
    done = subprocess.run(["sh", "-c", script, sys.executable, code, str(tmp_path / "file")], check=False)
    assert done.returncode == 0
    assert (tmp_path / "file").read_text() == "kept"
