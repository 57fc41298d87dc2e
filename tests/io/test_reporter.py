import io

import pytest
from rich.console import Console

from moei_toolkit.io.reporter import RichReporter, SilentReporter


def reporter_on(terminal):
    output = io.StringIO()
    return RichReporter(Console(file=output, force_terminal=terminal, width=100)), output


def test_silent_says_nothing(capsys):
    reporter = SilentReporter()
    reporter.info("something")
    with reporter.progress(3, "work") as progress:
        progress.advance(2, "note")
    assert capsys.readouterr() == ("", "")


def test_lines_are_shown_as_they_are():
    reporter, output = reporter_on(terminal=False)
    reporter.info("[bold] is no markup, [1, 2] neither")
    assert output.getvalue() == "[bold] is no markup, [1, 2] neither\n"


def test_long_lines_are_not_broken():
    reporter, output = reporter_on(terminal=False)
    reporter.info("a/very/long/path " * 20)
    assert output.getvalue().count("\n") == 1


def test_without_a_terminal_progress_is_a_line_per_tenth():
    reporter, output = reporter_on(terminal=False)
    with reporter.progress(200, "training") as progress:
        for step in range(200):
            progress.advance(note=f"loss {step}")
    lines = output.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[0] == "training: 10% loss 19"
    assert lines[-1] == "training: 100% loss 199"


def test_bars_may_be_nested_and_end_with_their_work():
    reporter, output = reporter_on(terminal=True)

    def fail_halfway():
        with reporter.progress(2, "outer") as outer:
            with reporter.progress(2, "inner [x]") as inner:
                inner.advance(2, "done")
            outer.advance()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    reporter.info("afterwards")
    assert "inner [x]" in output.getvalue()
    assert output.getvalue().endswith("afterwards\n")


def test_no_work_at_all():
    reporter, output = reporter_on(terminal=False)
    with reporter.progress(0, "nothing") as progress:
        progress.advance(0)
    assert output.getvalue() == "nothing: 100%\n"
