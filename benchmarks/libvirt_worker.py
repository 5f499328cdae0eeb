"""Takes libvirt's times.

Reads ``["function", {arguments}]`` as JSON lines, answers ``[true, result]`` or ``[false, why]``. Runs under Debian's
interpreter with libvirt's binding. Times are seconds, taken here, so that the pipe costs nothing.
"""

import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import libvirt

URI = "qemu:///system"
clock = time.perf_counter
connections = {}
documents = {}


def connection(uri=URI):
    if uri not in connections:
        connections[uri] = libvirt.open(uri)
    return connections[uri]


def per_call(function, times):
    start = clock()
    for _ in range(times):
        function()
    return (clock() - start) / times


def ready():
    """libvirtd answers; probes QEMU once, so that no later call pays for it."""
    connection().getCapabilities()
    return connection().getLibVersion()


def command(argv):
    """A cold process."""
    start = clock()
    pid = os.posix_spawn(
        argv[0],
        argv,
        dict(os.environ, LC_ALL="C"),
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)],
    )
    _, status = os.waitpid(pid, 0)
    taken = clock() - start
    if status:
        raise RuntimeError(f"{argv} ended with status {status}")
    return taken


def list_node_devices(times):
    return per_call(connection().listAllDevices, times)


def open_close(uri, times):
    return per_call(lambda: libvirt.open(uri).close(), times)


def define_undefine(xml, times):
    conn = connection()
    return per_call(lambda: conn.defineXML(xml).undefine(), times)


def define_all(xmls):
    for xml in xmls:
        connection().defineXML(xml)


def undefine_all(prefix):
    for domain in connection().listAllDomains():
        if domain.name().startswith(prefix):
            domain.undefine()


def list_all(expected):
    start = clock()
    found = connection().listAllDomains()
    taken = clock() - start
    if len(found) < expected:
        raise RuntimeError(f"{len(found)} domains listed, not {expected}")
    return taken


def start(name, paused):
    domain = connection().lookupByName(name)
    flags = libvirt.VIR_DOMAIN_START_PAUSED if paused else 0
    begin = clock()
    domain.createWithFlags(flags)
    return clock() - begin


def destroy(name):
    domain = connection().lookupByName(name)
    begin = clock()
    domain.destroy()
    return clock() - begin


def info(name, times):
    return per_call(connection().lookupByName(name).info, times)


def dumpxml(name, times):
    return per_call(connection().lookupByName(name).XMLDesc, times)


def query_status(name, times):
    import libvirt_qemu

    domain = connection().lookupByName(name)
    return per_call(lambda: libvirt_qemu.qemuMonitorCommand(domain, '{"execute": "query-status"}', 0), times)


def suspend_event(name, times):
    """suspend() to the callback on the event loop's thread."""
    conn = event_connection()
    domain = conn.lookupByName(name)
    seen = threading.Event()
    moment = []

    def called(_conn, _domain, event, _detail, _opaque):
        if event == libvirt.VIR_DOMAIN_EVENT_SUSPENDED:
            moment.append(clock())
            seen.set()

    number = conn.domainEventRegisterAny(domain, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, called, None)
    try:
        total = 0.0
        for _ in range(times):
            seen.clear()
            begin = clock()
            domain.suspend()
            if not seen.wait(10):
                raise RuntimeError("no event")
            total += moment[-1] - begin
            domain.resume()
        return total / times
    finally:
        conn.domainEventDeregisterAny(number)


def event_connection():
    if "events" not in connections:
        libvirt.virEventRegisterDefaultImpl()

        def turn():
            while True:
                libvirt.virEventRunDefaultImpl()

        threading.Thread(target=turn, daemon=True).start()
        connections["events"] = libvirt.open(URI)
    return connections["events"]


def many(xmls, threads):
    """Create transient paused guests, then destroy them; seconds for all, of each."""
    conn = connection()
    with ThreadPoolExecutor(threads) as pool:
        begin = clock()
        domains = list(pool.map(lambda xml: conn.createXML(xml, libvirt.VIR_DOMAIN_START_PAUSED), xmls))
        created = clock() - begin
        begin = clock()
        list(pool.map(lambda domain: domain.destroy(), domains))
        return created, clock() - begin


def parse(xml, times):
    """Define in the test driver, which runs in this process: its parser, without a daemon or a disk."""
    conn = connection("test:///default")
    taken = per_call(lambda: conn.defineXML(xml), times)
    documents["last"] = conn.defineXML(xml)
    return taken


def format(times):
    """Format what was parsed last."""
    return per_call(lambda: documents["last"].XMLDesc(), times)


def forget():
    documents.pop("last").undefine()


FUNCTIONS = {
    function.__name__: function
    for function in (
        ready,
        command,
        list_node_devices,
        open_close,
        define_undefine,
        define_all,
        undefine_all,
        list_all,
        start,
        destroy,
        info,
        dumpxml,
        query_status,
        suspend_event,
        many,
        parse,
        format,
        forget,
    )
}


def main():
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    for line in sys.stdin:
        name, values = json.loads(line)
        try:
            answer = [True, FUNCTIONS[name](**values)]
        except Exception as error:
            answer = [False, f"{type(error).__name__}: {error}"]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
