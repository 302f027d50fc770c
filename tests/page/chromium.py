"""A Chromium without a window, driven over its DevTools protocol: enough of it to test a page."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from energy.report.pdf import browser, browser_options

PATIENCE = 60


class Page:
    """One tab. What it asks the network for and what it complains of is kept from the start."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self._connection = connection
        self._count = 0
        self.requests: list[str] = []
        self.complaints: list[str] = []

    async def send(self, method: str, **values: Any) -> dict[str, Any]:
        """Send a command and return its answer; events that come before it are noted."""
        self._count += 1
        await self._connection.write_message(json.dumps({"id": self._count, "method": method, "params": values}))
        while True:
            message = await self._next()
            if message.get("id") == self._count:
                assert "error" not in message, message
                return message["result"]

    async def open(self, path: Path) -> None:
        """Open a local page and wait until all of it is there."""
        for domain in ("Page", "Network", "Log", "Runtime"):
            await self.send(f"{domain}.enable")
        await self.send("Page.navigate", url=path.resolve().as_uri())
        while (await self._next()).get("method") != "Page.loadEventFired":
            pass

    async def value(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        answer = await self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def press(self, key: str, code: int) -> None:
        """Press and release a key."""
        text = {"Enter": "\r"}.get(key, "")
        keys = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        await self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **keys)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **keys)

    async def _next(self) -> dict[str, Any]:
        raw = await asyncio.wait_for(self._connection.read_message(), PATIENCE)
        assert raw is not None, "the browser has gone"
        message: dict[str, Any] = json.loads(raw)
        self._note(message.get("method"), message.get("params", {}))
        return message

    def _note(self, method: str | None, values: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(values["request"]["url"])
        elif method == "Log.entryAdded" and values["entry"]["level"] in ("error", "warning"):
            self.complaints.append(values["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and values["type"] in ("error", "warning", "assert"):
            self.complaints.append(str(values["args"]))
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(values["exceptionDetails"]))


def in_chromium(path: Path, act: Callable[[Page], Awaitable[None]], width: int = 1200, height: int = 900) -> None:
    """Open a local page in Chromium and do something with it."""
    program = browser()
    if program is None:
        message = "Chromium is not installed; on Debian it comes with: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = Path(folder)
        options = [*browser_options(profile), "--remote-debugging-port=0", "--remote-allow-origins=*"]
        command = [program, *options, f"--window-size={width},{height}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            asyncio.run(_drive(process, profile, path, act))
        finally:
            process.terminate()
            process.wait(PATIENCE)


async def _drive(
    process: subprocess.Popen[bytes], profile: Path, path: Path, act: Callable[[Page], Awaitable[None]]
) -> None:
    told = profile / "DevToolsActivePort"
    for _ in range(10 * PATIENCE):
        if told.is_file() and len(told.read_text(encoding="utf-8").splitlines()) == 2:
            break
        assert process.poll() is None, "Chromium ended before it was ready"
        await asyncio.sleep(0.1)
    port = told.read_text(encoding="utf-8").splitlines()[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
        (tab,) = [one for one in json.load(answer) if one["type"] == "page"]
    connection = await websocket_connect(tab["webSocketDebuggerUrl"], max_message_size=100_000_000)
    try:
        page = Page(connection)
        await page.open(path)
        await act(page)
    finally:
        connection.close()
        while await asyncio.wait_for(connection.read_message(), PATIENCE) is not None:
            pass  # until the browser has closed its end too, so that no socket is left open
