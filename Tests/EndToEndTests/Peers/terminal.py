"""A command whose standard error is a terminal: terminal.py COMMAND...

Its standard output is ours; what it wrote to the terminal goes to our standard error, its status is ours."""

import os
import pty
import subprocess
import sys

controller, terminal = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stderr=terminal)
os.close(terminal)
shown = b""
while True:
    try:
        part = os.read(controller, 65536)
    except OSError:  # the terminal's last user is gone
        break
    if not part:
        break
    shown += part
sys.stderr.buffer.write(shown)
sys.exit(process.wait())
