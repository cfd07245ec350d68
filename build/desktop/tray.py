#!/usr/bin/python3
"""Stands where a panel stands: shows tray icons (to nobody), and chooses from their menus.

usage: tray.py host               be the desktop's tray until killed
       tray.py click PID 'LABEL'  choose the entry of the program's menu that begins with LABEL
       tray.py tap PID            click the program's icon
"""
import sys

from gi.repository import Gio, GLib

WATCHER = "org.kde.StatusNotifierWatcher"
INTERFACE = f"""<node><interface name="{WATCHER}">
<method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
<property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
</interface></node>"""


def host():
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)

    def register(_bus, sender, _path, _interface, _method, args, call):
        print("icon of", sender, args.unpack()[0], flush=True)
        call.return_value(None)

    bus.register_object("/StatusNotifierWatcher", Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0],
                        register, lambda *_: GLib.Variant("b", True), None)
    Gio.bus_own_name_on_connection(bus, WATCHER, Gio.BusNameOwnerFlags.NONE, None, None)
    GLib.MainLoop().run()


def call(pid, path, method, args):
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    interface, name = method.rsplit(".", 1)
    return bus.call_sync(f"org.kde.StatusNotifierItem-{pid}-1", path, interface, name, args, None,
                         Gio.DBusCallFlags.NO_AUTO_START, 5000, None).unpack()


def click(pid, label):
    _, (_, _, items) = call(pid, "/StatusNotifierItem/menu", "com.canonical.dbusmenu.GetLayout", GLib.Variant("(iias)", (0, -1, [])))
    for number, properties, _ in items:
        if properties.get("label", "").startswith(label) and properties.get("visible", True):
            call(pid, "/StatusNotifierItem/menu", "com.canonical.dbusmenu.Event",
                 GLib.Variant("(isvu)", (number, "clicked", GLib.Variant("s", ""), 0)))
            return
    sys.exit(f"no entry {label!r} in {[p.get('label') for _, p, _ in items]}")


def main():
    match sys.argv[1:]:
        case ["host"]:
            host()
        case ["click", pid, label]:
            click(pid, label)
        case ["tap", pid]:
            call(pid, "/StatusNotifierItem", "org.kde.StatusNotifierItem.Activate", GLib.Variant("(ii)", (0, 0)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
