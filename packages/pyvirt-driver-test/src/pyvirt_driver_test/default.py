"""The host that ``test:///default`` shows."""

from __future__ import annotations

from pyvirt_driver_test.guest import RUNNING, Guest
from pyvirt_driver_test.host import Host

NAME = "test"
UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"

# Complete, so that it needs to be parsed only by those who look into it.
DOMAIN_XML = f"""\
<domain type='test'>
  <name>{NAME}</name>
  <uuid>{UUID}</uuid>
  <memory unit='KiB'>8388608</memory>
  <currentMemory unit='KiB'>2097152</currentMemory>
  <vcpu placement='static'>2</vcpu>
  <os>
    <type arch='i686'>hvm</type>
    <boot dev='hd'/>
  </os>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <source file='/guest/diskimage1'/>
      <target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
    </disk>
    <interface type='network'>
      <mac address='aa:bb:cc:dd:ee:ff'/>
      <source network='default'/>
      <target dev='testnet0'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x01' function='0x0'/>
    </interface>
    <memballoon model='virtio'>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>
    </memballoon>
  </devices>
</domain>
"""


def default_host() -> Host:
    """One running domain."""
    host = Host()
    guest = Guest(NAME, UUID)
    guest.config = DOMAIN_XML
    guest.live = DOMAIN_XML
    guest.id = host.next_id()
    guest.set_state(RUNNING, 0)
    host.add(guest)
    return host
