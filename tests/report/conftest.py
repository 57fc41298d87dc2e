"""What a report is made of, and a browser to look at it.

The browser is a real one without a window, spoken to in the DevTools protocol over a pipe: no driver, no
package.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from row_examples import COSTS, DIRECTIONS, FACTS, example

from moei_toolkit.evaluation.quality import macro_psnr
from moei_toolkit.evaluation.reruns import Rerun
from moei_toolkit.evaluation.results import Facts, derive_results, shown_policies
from moei_toolkit.evaluation.routing.decisions import decisions_of
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.evaluation.seeds import SeededRun
from moei_toolkit.evaluation.shift import Home
from moei_toolkit.evaluation.studies import Ablation, Ablations, OtherData, Repetition, Studies
from moei_toolkit.report.figures.provenance import MadeStage
from moei_toolkit.report.findings import Findings, Origin

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 120
"""Seconds to wait for any one answer, on a machine that has much else to do."""
KEYS = {"ArrowLeft": 37, "ArrowRight": 39, "Enter": 13, "End": 35, "Home": 36, "Tab": 9}


STUDIES = Studies(
    ablations=Ablations(
        space="ablations",
        verdicts={"O6": "pass", "O8": "pass"},
        variants=[
            Ablation("weather as label", "distillation", "actual", -0.1, -0.2, 0.0, "open", {"O6": "fail"}),
            Ablation("complexity experts", "routing inside", "dense-equal", -1.2, None, None, "open", {}),
        ],
        failed={"token-MoE": "the package moei_token_moe is not installed"},
    ),
    other_data=[OtherData("mixed (test)", 222, None, 0.4, 0.483, 22.5, 20.6, 0.6, 0.3, 0.1, 0.31, 0.2)],
    repetition=Repetition([Rerun("dense", 24, 0.0, 0.0001), Rerun("actual", 24, 0.0, 0.0002)], []),
    seeds=[
        SeededRun(0, {"input": 17.3, "dense": 25.4, "actual": 25.8}, 0.85),
        SeededRun(1, {"input": 17.3, "dense": 25.1, "actual": 25.7}, 0.88),
    ],
)
"""What may be studied beside a run."""


def findings(rows: Sequence[Row], facts: Facts = FACTS) -> Findings:
    """What a report says of rows."""
    return Findings(
        title="A run",
        results=derive_results(rows, facts),
        decisions=decisions_of(rows),
        gflops={row.policy: row.cost["gflops"] for row in rows},
        policies=shown_policies(rows),
        protocols={metric: {"color": "RGB"} for metric in DIRECTIONS},
        directions=DIRECTIONS,
        not_computed={"lpips": "its weights are not there"},
        threshold=facts.threshold,
    )


def other_data() -> list[Row]:
    """The example on twelve scenes, with a rival of equal cost that is as good as dense."""
    rows = [
        replace(row, id=f"{number}{row.id}", scene_id=f"{number}{row.scene_id}")
        for number in range(6)
        for row in example()
    ]
    dense = [row for row in rows if row.policy == "dense"]
    return [*rows, *(replace(row, policy="dense-equal", route="dense-equal") for row in dense)]


@pytest.fixture(scope="session")
def make_findings():
    """Return what makes findings of rows and facts."""
    return findings


@pytest.fixture(scope="session")
def found() -> Findings:
    """Of a run on its own data."""
    return findings(example())


@pytest.fixture(scope="session")
def found_elsewhere() -> Findings:
    """Of a run whose policies are ranked the other way round at home."""
    rows = other_data()
    here = macro_psnr(rows)
    home = {policy: -score for policy, score in here.items()}
    subject = "The run first on the split test of other data."
    experts = {"expert.wet": COSTS.policies["actual"], "expert.gray": COSTS.policies["actual"]}
    costs = replace(COSTS, policies={**COSTS.policies, **experts}, noise=0.123)
    facts = replace(FACTS, home=Home(home, None, subject), costs=costs)
    return replace(findings(rows, facts), subject=subject, studies=STUDIES, costs=costs)


@pytest.fixture(scope="session")
def origin() -> Origin:
    """Of both."""
    return Origin(
        histories={"dense": [{"iteration": 10, "psnr": 20.0}, {"iteration": 20, "psnr": 21.0}]},
        stages=[
            MadeStage("data", "0123456789ab", 2.0, []),
            MadeStage("dense", "ba9876543210", 60.0, ["data"]),
        ],
        config="seed = 0\n",
        environment="python 3",
    )


class Browser:
    """Starts Chromium; it reads commands from its file descriptor 3 and answers on 4."""

    def __init__(self, program: str, profile: Path) -> None:
        for_it, self._commands = _high_pipe()
        self._answers, from_it = _high_pipe()

        def connect() -> None:
            os.dup2(for_it, 3)
            os.dup2(from_it, 4)

        self._process = subprocess.Popen(
            [
                program,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--remote-debugging-pipe",
                f"--user-data-dir={profile}",
            ],
            close_fds=False,
            preexec_fn=connect,
            stderr=subprocess.DEVNULL,
        )
        os.close(for_it)
        os.close(from_it)
        self._buffer, self._last = b"", 0
        self.events: list[dict] = []

    def call(self, method: str, session: str | None = None, **arguments) -> dict:
        """Send a command and return its result."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": arguments}
        message |= {"sessionId": session} if session else {}
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        answer = self._wait(lambda received: received.get("id") == self._last)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def wait_for(self, method: str) -> None:
        """Wait for an event that has not been seen yet."""
        if not any(event["method"] == method for event in self.events):
            self._wait(lambda received: received.get("method") == method)

    def close(self) -> None:
        """End the browser."""
        self.call("Browser.close")
        self._process.wait(PATIENCE)
        os.close(self._commands)
        os.close(self._answers)

    def _wait(self, fits) -> dict:
        deadline = time.monotonic() + PATIENCE
        while True:
            while b"\0" in self._buffer:
                line, _, self._buffer = self._buffer.partition(b"\0")
                received = json.loads(line)
                if "method" in received:
                    self.events.append(received)
                if fits(received):
                    return received
            ready, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self._answers, 1 << 20) if ready else b""
            assert chunk, "the browser does not answer"
            self._buffer += chunk


class Tab:
    """One page in a browser."""

    def __init__(self, browser: Browser, path: Path, width: int, **media: str) -> None:
        self._browser = browser
        browser.events.clear()
        self._target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.call("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.emulate(**media)
        browser.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        browser.wait_for("Page.loadEventFired")

    def call(self, method: str, **arguments) -> dict:
        return self._browser.call(method, self._session, **arguments)

    def close(self) -> None:
        """Close it."""
        self._browser.call("Target.closeTarget", targetId=self._target)

    def emulate(self, media: str = "", **features: str) -> None:
        """Take another medium (none if empty), or features such as ``prefers_color_scheme="dark"``."""
        pairs = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", media=media, features=pairs)

    def run(self, expression: str):
        """Return the value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key, as a keyboard does."""
        known = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        text = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **known, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **known)

    def click(self, selector: str, share: float = 0.5) -> None:
        """Click into an element, at a share of its width."""
        self.run(
            f"document.querySelector({selector!r}).scrollIntoView({{block: 'center', behavior: 'instant'}})"
        )
        box = self.run(f"document.querySelector({selector!r}).getBoundingClientRect().toJSON()")
        where = {"x": box["left"] + share * box["width"], "y": box["top"] + box["height"] / 2}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **where, button="left", clickCount=1)

    def complaints(self) -> list[dict]:
        """Return everything the console would show in red or yellow."""
        return [
            event["params"]
            for event in self._browser.events
            if event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")
            or (
                event["method"] == "Runtime.consoleAPICalled"
                and event["params"]["type"] in ("error", "warning")
            )
        ]

    def requests(self) -> list[str]:
        """Return the address of everything that was loaded."""
        sent = [event for event in self._browser.events if event["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]


def _high_pipe() -> tuple[int, int]:
    """Return a pipe whose ends are neither 3 nor 4, which the browser needs."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return high


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"needs one of these browsers on the PATH: {', '.join(NAMES)}")
    started = Browser(program, tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.fixture
def open_tab(browser):
    """Return what opens a file in a new tab, as wide as said and in the medium said."""
    tabs: list[Tab] = []

    def open_one(path: Path, width: int = 1280, **media: str) -> Tab:
        tabs.append(Tab(browser, path, width, **media))
        return tabs[-1]

    yield open_one
    for tab in tabs:
        tab.close()
