"""A headless Chromium driven over its DevTools protocol, and JupyterLab to open in it, for the tests of what readers see."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from sslslr.commands import lab

CHROMIUM = next((b for b in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if b), None)
needs_browser = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine (chromium, chromium-browser or google-chrome)")
# The notebook that is open, and its code cells, as JavaScript.
PANEL = "[...jupyterapp.shell.widgets('main')].find(w => w.sessionContext && w.content.model)"
CELLS = f"{PANEL}.content.model.sharedModel.cells.filter(c => c.cell_type === 'code')"


class Browser:
    """One tab: ``open`` pages, ``run`` JavaScript, press keys; ``problems`` are console errors and failed loads, ``asked`` all addresses."""

    def __init__(self, socket):
        self.socket, self.number, self.events = socket, 0, []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def call(self, method: str, **parameters):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def open(self, address: str) -> None:
        self.events.clear()
        self.call("Page.navigate", url=address)
        self.wait(f"document.readyState === 'complete' && location.href.split('#')[0] === {json.dumps(address.split('#')[0])}")

    def run(self, script: str):
        """The value of a JavaScript expression, a promise's included."""
        done = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait(self, condition: str, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not self.run(f"Boolean({condition})"):
            assert time.monotonic() < end, f"{condition} did not come true in {seconds} s"
            time.sleep(0.1)

    def press(self, key: str, code: int, modifiers: int = 0) -> None:
        """A key as a reader presses it, on what has the focus."""
        text = {"text": key} if len(key) == 1 and not modifiers else {}
        about = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.call("Input.dispatchKeyEvent", type="keyDown", **about, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def look(self, width: int = 1280, height: int = 900, dark: bool = False, calm: bool = False) -> None:
        """Set the window's size, and what the reader prefers."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        features = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce" if calm else "no-preference"}
        self.call("Emulation.setEmulatedMedia", features=[{"name": n, "value": v} for n, v in features.items()])

    @property
    def problems(self) -> list[str]:
        self.run("0")
        found = []
        for event in self.events:
            about = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(about["exceptionDetails"])[:400])
            if event["method"] == "Runtime.consoleAPICalled" and about["type"] in ("error", "assert"):
                found.append(json.dumps(about["args"])[:400])
            if event["method"] == "Log.entryAdded" and about["entry"]["level"] == "error":
                found.append(about["entry"]["text"] + " " + about["entry"].get("url", ""))
        return found

    @property
    def asked(self) -> list[str]:
        self.run("0")
        return [e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"]


@contextmanager
def browse(folder: Path):
    """A Browser with a profile of its own in ``folder``, gone afterwards."""
    import websocket

    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-port=0"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([CHROMIUM, *options, f"--user-data-dir={folder}", "--remote-allow-origins=*", "about:blank"], **quiet)
    socket = None
    try:
        port, end = folder / "DevToolsActivePort", time.monotonic() + 60
        while not (port.exists() and len(port.read_text().splitlines()) > 1):
            assert process.poll() is None and time.monotonic() < end, "Chromium did not start"
            time.sleep(0.1)
        address = f"http://127.0.0.1:{port.read_text().splitlines()[0]}/json"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        tab = next(t for t in json.loads(opener.open(address, timeout=20).read()) if t["type"] == "page")
        socket = websocket.create_connection(tab["webSocketDebuggerUrl"], timeout=60, max_size=None, http_no_proxy=["127.0.0.1"])
        yield Browser(socket)
    finally:
        if socket:
            socket.close()
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def opened(folder: Path, home: Path):
    """JupyterLab as ``make lab`` starts it on ``folder``, with settings of its own in ``home``; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home.mkdir()
    own = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"IPYTHONDIR": str(home / "ipython")} | lab.environment(folder)
    options = ["--no-browser", "--expose-app-in-browser", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    command = [sys.executable, "-m", "jupyterlab", *lab.arguments_of(folder, str(port)), *options]
    with (home / "log.txt").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | own)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        end = time.monotonic() + 90
        while True:
            assert process.poll() is None and time.monotonic() < end, (home / "log.txt").read_text()[-2000:]
            try:
                opener.open(f"http://127.0.0.1:{port}/api/status", timeout=5).read()
                break
            except OSError:
                time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def ready(tab) -> None:
    """A notebook is open and its kernel idle."""
    tab.wait(f"window.jupyterapp && {PANEL} && {PANEL}.sessionContext.session", 120)
    tab.wait(f"{PANEL}.sessionContext.session.kernel && {PANEL}.sessionContext.session.kernel.status === 'idle'", 120)
    tab.run(f"jupyterapp.shell.activateById({PANEL}.id)")
