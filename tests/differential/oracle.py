"""What libvirt makes of a document: runs under the interpreter that libvirt's binding is packaged for.

Reads JSON lines ``[kind, document]``, answers ``["ok", what it formats]`` or ``["refused", code, message]``. All goes
through libvirt's test driver, which runs in this process and keeps nothing on disk.
"""

import json
import os
import sys
import tempfile

import libvirt  # type: ignore[import-not-found]
from oracle_data import DISKS  # type: ignore[import-not-found]

conn = libvirt.open("test:///default")
SECURE = libvirt.VIR_DOMAIN_XML_SECURE
HOST = (
    "<domain type='test'><name>guest</name><uuid>00000000-0000-4000-8000-000000000001</uuid><memory>1024</memory>"
    "<os><type>hvm</type></os>{}</domain>"
)


def domain(text):
    made = conn.defineXML(text)
    try:
        return made.XMLDesc(SECURE | libvirt.VIR_DOMAIN_XML_INACTIVE)
    finally:
        made.undefine()


def network(text):
    made = conn.networkDefineXML(text)
    try:
        return made.XMLDesc()
    finally:
        made.undefine()


def pool(text):
    made = conn.storagePoolDefineXML(text)
    try:
        return made.XMLDesc()
    finally:
        made.undefine()


def volume(text):
    pool = conn.storagePoolLookupByName("default-pool")
    made = pool.createXML(text)
    try:
        return made.XMLDesc()
    finally:
        made.delete()


def interface(text):
    made = conn.interfaceDefineXML(text)
    try:
        return made.XMLDesc()
    finally:
        made.undefine()


def _in_file(text):
    with tempfile.NamedTemporaryFile("w", suffix=".xml", delete=False) as file:
        file.write(f"<node>{text}</node>")
    try:
        return libvirt.open(f"test://{file.name}")
    finally:
        os.unlink(file.name)


def device(text):
    own = _in_file(text)
    try:
        return own.listAllDevices()[0].XMLDesc()
    finally:
        own.close()


def snapshot(text):
    made = conn.defineXML(HOST.format(DISKS))
    try:
        found = made.snapshotCreateXML(text, libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE)
        return found.getXMLDesc(SECURE)
    finally:
        made.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA)


def checkpoint(text):
    made = conn.createXML(HOST.format(DISKS))
    try:
        found = made.checkpointCreateXML(text, libvirt.VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE)
        try:
            return found.getXMLDesc(SECURE)
        finally:
            found.delete(libvirt.VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY)
    finally:
        made.destroy()


KINDS = {f.__name__: f for f in (domain, network, pool, volume, interface, device, snapshot, checkpoint)}


def main():
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    for line in sys.stdin:
        kind, text = json.loads(line)
        try:
            answer = ["ok", KINDS[kind](text)]
        except libvirt.libvirtError as error:
            answer = ["refused", error.get_error_code(), error.get_error_message()]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
