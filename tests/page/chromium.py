"""A Chromium without a window, driven over its DevTools protocol: enough of it to test a page."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
import urllib.request
from collections.abc import Awaitable, Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from energy.report.report_page import _browser_options

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


class Browser:
    """One Chromium, in which each test opens a tab of its own: starting one takes longer than reading a page."""

    def __init__(self, program: str, profile: Path) -> None:
        self._told = profile / "DevToolsActivePort"
        options = [*_browser_options(profile), "--remote-debugging-port=0", "--remote-allow-origins=*"]
        command = [program, *options, "--window-size=1200,900", "about:blank"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def show(self, path: Path, act: Callable[[Page], Awaitable[None]]) -> None:
        """Open a local page in a new tab, do something with it, and close the tab."""
        tab = self._ask("PUT", "new?about:blank")
        try:
            asyncio.run(_drive(tab["webSocketDebuggerUrl"], path, act))
        finally:
            self._ask("GET", f"close/{tab['id']}")

    def end(self) -> None:
        """Close the browser."""
        self._process.terminate()
        self._process.wait(PATIENCE)

    def _ask(self, method: str, words: str) -> Any:
        """Return what the browser answers to a command over HTTP; None where that is no JSON."""
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}/json/{words}", method=method)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text.startswith((b"{", b"[")) else None

    @cached_property
    def _port(self) -> str:
        """The port of its DevTools, which it tells when it is ready."""
        for _ in range(10 * PATIENCE):
            if self._told.is_file() and len(self._told.read_text(encoding="utf-8").splitlines()) == 2:
                return self._told.read_text(encoding="utf-8").splitlines()[0]
            assert self._process.poll() is None, "Chromium ended before it was ready"
            time.sleep(0.1)
        pytest.fail("Chromium is not ready")


async def _drive(address: str, path: Path, act: Callable[[Page], Awaitable[None]]) -> None:
    connection = await websocket_connect(address, max_message_size=100_000_000)
    try:
        page = Page(connection)
        await page.open(path)
        await act(page)
    finally:
        connection.close()
        while await asyncio.wait_for(connection.read_message(), PATIENCE) is not None:
            pass  # until the browser has closed its end too, so that no socket is left open
