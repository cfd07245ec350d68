#!/usr/bin/python3
"""Reads and presses what a running window shows, through the desktop's accessibility interface (AT-SPI).

usage: rows.py --pid PID [--seconds 30] wait 'NAME=STATUS' ...   every integration has a row with its status
       rows.py --pid PID [--seconds 30] text 'TEXT' ...          every text is somewhere in the window
       rows.py --pid PID [--seconds 30] press 'NAME'             press the button or link whose name holds NAME
       rows.py --pid PID [--seconds 30] focus 'NAME'             put the focus on the button, link or field whose name holds NAME
       rows.py --pid PID dump                                    print the tree

It works on the untouched production build, and so sees what a screen reader would. Needs Debian's
python3-pyatspi, which only the system's own /usr/bin/python3 finds. Exit code 1: not seen in time.
"""
import argparse
import sys
import time

import pyatspi

ROW_ROLES = {"table row", "list item", "tree item", "row"}
PRESS_ROLES = {"push button", "combo box", "button", "link", "toggle button", "menu item", "check menu item"}
FOCUS_ROLES = PRESS_ROLES | {"entry", "text"}


def children(node):
    """The children that still exist: the tree changes while it is read."""
    try:
        count = node.childCount
    except Exception:
        return
    for index in range(count):
        try:
            child = node.getChildAtIndex(index)
        except Exception:
            continue
        if child is not None:
            yield child


def walk(node, depth=0):
    """All nodes below, with their depth; 40 levels are more than a page of ours has."""
    yield node, depth
    if depth < 40:
        for child in children(node):
            yield from walk(child, depth + 1)


def role(node):
    try:
        return node.getRoleName()
    except Exception:
        return ""


def name(node):
    try:
        return (node.name or "").strip()
    except Exception:
        return ""


def own_text(node):
    """The node's text without that of the objects embedded in it."""
    try:
        return node.queryText().getText(0, -1).replace("\ufffc", " ").strip()
    except Exception:
        return ""


def all_text(node):
    return " ".join(part for n, _ in walk(node) for part in (name(n), own_text(n)) if part)


def window(pid):
    """The application with the process id, or None while it is not on the accessibility bus."""
    for app in children(pyatspi.Registry.getDesktop(0)):
        try:
            if app.get_process_id() == pid:
                return app
        except Exception:
            continue
    return None


def rows(app):
    """Every row of a table or list, as one text."""
    return [all_text(n) for n, _ in walk(app) if role(n) in ROW_ROLES]


def until(seconds, look):
    """Looks until there is an answer that is not None, or the time is over."""
    end = time.monotonic() + seconds
    while True:
        answer = look()
        if answer is not None or time.monotonic() >= end:
            return answer
        time.sleep(0.1)


def wait(args):
    wanted = [w.rsplit("=", 1) for w in args.what]
    seen = []

    def look():
        app = window(args.pid)
        seen[:] = rows(app) if app else []
        found = all(any(n in row and s in row for row in seen) for n, s in wanted)
        return seen if found else None

    ok = until(args.seconds, look) is not None
    for row in seen:
        print("row:", " ".join(row.split()))
    for n, s in wanted:
        if not any(n in row and s in row for row in seen):
            print(f"missing: a row with {n!r} and {s!r}", file=sys.stderr)
    return ok


def text(args):
    seen = [""]

    def look():
        app = window(args.pid)
        seen[0] = all_text(app) if app else ""
        return True if all(w in seen[0] for w in args.what) else None

    ok = until(args.seconds, look) is not None
    for w in args.what:
        if w not in seen[0]:
            print(f"missing: {w!r} in {seen[0]!r}", file=sys.stderr)
    return ok


def press(args):
    return act(args, lambda node: node.queryAction().doAction(0))


def focus(args):
    return act(args, lambda node: node.queryComponent().grabFocus(), FOCUS_ROLES)


def act(args, do, roles=PRESS_ROLES):
    """Does something to the first node of such a role whose name holds what is looked for."""

    def look():
        app = window(args.pid)
        for node, _ in walk(app) if app else ():
            if role(node) in roles and args.what[0] in name(node):
                try:
                    return do(node) or None
                except Exception:
                    continue
        return None

    ok = until(args.seconds, look) is not None
    if not ok:
        print(f"missing: something named {args.what[0]!r}", file=sys.stderr)
    return ok


def dump(args):
    app = until(args.seconds, lambda: window(args.pid))
    for node, depth in walk(app) if app else ():
        print("  " * depth + f"{role(node)} {name(node)!r} {own_text(node)[:80]!r}")
    return app is not None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("do", choices=["wait", "text", "press", "focus", "dump"])
    parser.add_argument("what", nargs="*")
    args = parser.parse_args()
    if args.do != "dump" and not args.what:
        parser.error(f"{args.do} needs what to look for")
    return 0 if {"wait": wait, "text": text, "press": press, "focus": focus, "dump": dump}[args.do](args) else 1


if __name__ == "__main__":
    sys.exit(main())
