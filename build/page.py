#!/usr/bin/env python3
"""Reads and presses what a window shows, through the accessibility bus, as a screen reader does.

page.py wait PID TEXT    waits until something on the page is named TEXT, or contains it
page.py press PID TEXT   presses the first button or link whose name contains TEXT
"""
import sys
import time

import pyatspi

PRESSABLE = (pyatspi.ROLE_PUSH_BUTTON, pyatspi.ROLE_LINK, pyatspi.ROLE_TOGGLE_BUTTON)


def nodes(node):
    yield node
    for child in node:
        if child is not None:
            yield from nodes(child)


def of_process(pid):
    for app in pyatspi.Registry.getDesktop(0):
        if app is not None and app.get_process_id() == pid:
            yield from nodes(app)


def find(pid, text, roles):
    for node in of_process(pid):
        try:
            if text in (node.name or "") and (roles is None or node.getRole() in roles):
                return node
        except Exception:  # the page went on while it was read
            continue
    return None


def main():
    verb, pid, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    roles = PRESSABLE if verb == "press" else None
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        try:
            node = find(pid, text, roles)
        except Exception:
            node = None
        if node is not None:
            if verb == "press":
                node.queryAction().doAction(0)
            return 0
        time.sleep(0.2)
    print(f"page: nothing named {text!r} to {verb}", file=sys.stderr)
    return 1


sys.exit(main())
