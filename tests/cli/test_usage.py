"""What a mistyped command line is told: what is allowed, and the nearest name."""

from __future__ import annotations

import sys

import pytest

from energy.cli import main


def said(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["energy", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0), capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rn", "two_bus"], ("no such command 'rn'", "allowed: acflow, ", "did you mean 'run'?")),
        (["run", "two_bus", "--resolutoin", "3h"], ("--resolutoin", "--time-limit", "did you mean 'resolution'?")),
        (["figures", "x", "--format", "pgn"], ("'pgn'", "allowed: png, svg, pdf", "did you mean 'png'?")),
        (["sweep"], ("missing argument", "do: see how it is called with: energy sweep --help")),
        (["show", "two_bus", "x"], ("unexpected extra argument", "energy show --help")),
        (["risk", "two_bus", "--samples", "1000000000"], ("--samples", "1000000")),
        (["sensitivity", "two_bus", "--seed", "-3"], ("--seed", "0")),
    ],
)
def test_a_mistyped_command_line(
    arguments: list[str], says: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, message = said(arguments, monkeypatch, capsys)
    assert code == 2
    assert message.startswith("error: energy")
    assert len(message.splitlines()) == 1
    for part in says:
        assert part in message


def test_a_fault_of_the_program_is_called_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("energy.scenario.list_scenarios", broken)
    code, message = said(["list"], monkeypatch, capsys)
    assert code == 3
    assert "fault of the program: KeyError" in message
    assert "--debug" in message
    with pytest.raises(KeyError):
        said(["list", "--debug"], monkeypatch, capsys)
