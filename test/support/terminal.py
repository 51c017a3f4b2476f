"""Runs a command in a terminal of so many columns, and prints what the terminal was sent: terminal.py COLUMNS COMMAND..."""

import fcntl
import os
import pty
import struct
import sys
import termios

columns, command = int(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    os.execvp(command[0], command)
while True:
    try:
        sent = os.read(terminal, 65536)
    except OSError:
        break
    if not sent:
        break
    sys.stdout.buffer.write(sent)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
