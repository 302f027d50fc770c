"""Run commands under limits that the system holds: ``python limited.py``, a JSON list of argument lists on stdin.

Each command is a child of this process, which has the libraries loaded and runs nothing else. Beyond what the libraries
take, it may have 1 GB of address space and 2 s of processor time. Prints a list of [exit code, message].
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import traceback
from pathlib import Path

import pypsa  # noqa: F401

import energy.analysis
import energy.report  # noqa: F401
from energy.cli import main

BYTES, SECONDS = 1_000_000_000, 2


def limited(arguments: list[str]) -> tuple[int, str]:
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            code = 99
            try:
                os.dup2(said.fileno(), 2)
                pages = int(Path("/proc/self/statm").read_text().split()[0])
                size = pages * resource.getpagesize() + BYTES
                resource.setrlimit(resource.RLIMIT_AS, (size, size))
                resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
                sys.argv = ["energy", *arguments]
                main()
                code = 0
            except SystemExit as stopped:
                code = int(stopped.code or 0)
            except BaseException:  # noqa: BLE001  (said, and then the end)
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        return code, said.read().decode()


if __name__ == "__main__":
    sys.stdout.write(json.dumps([limited(arguments) for arguments in json.load(sys.stdin)]))
