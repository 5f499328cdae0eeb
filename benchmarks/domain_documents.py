"""Domain XML of three sizes: small (30 lines, 2 devices), typical (150, 25) and large (1000, 60)."""

from __future__ import annotations

_HEAD = """\
<domain type='test'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='KiB'>1048576</memory>
  <vcpu placement='static'>2</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <boot dev='hd'/>
  </os>
  <features>
    <acpi/>
  </features>
{cpu}  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
"""
_CPU = """\
  <cpu mode='custom' match='exact' check='none'>
    <model fallback='allow'>Haswell</model>
    <topology sockets='1' dies='1' cores='2' threads='1'/>
    <feature policy='require' name='vme'/>
    <feature policy='require' name='ss'/>
    <feature policy='disable' name='svm'/>
    <numa>
      <cell id='0' cpus='0-1' memory='1048576' unit='KiB'/>
    </numa>
  </cpu>
"""
_TAIL = "  </devices>\n</domain>\n"

_DISK = """\
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none' io='native'/>
      <source file='/var/lib/images/disk{n}.qcow2'/>
      <target dev='{target}' bus='virtio'/>
      <serial>WD-{n:08d}</serial>
    </disk>
"""
_NIC = """\
    <interface type='network'>
      <mac address='52:54:00:6b:00:{n:02x}'/>
      <source network='default'/>
      <model type='virtio'/>
    </interface>
"""
_CONTROLLER = """\
    <controller type='pci' index='{n}' model='pcie-root-port'>
      <model name='pcie-root-port'/>
      <target chassis='{n}' port='0x{n:02x}'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0' multifunction='on'/>
    </controller>
"""
_PLACED_DISK = """\
    <disk type='block' device='disk'>
      <driver name='qemu' type='raw' cache='none' io='native' discard='unmap'/>
      <source dev='/dev/vg/disk{n}'/>
      <target dev='{target}' bus='virtio'/>
      <serial>WD-{n:08d}</serial>
      <address type='pci' domain='0x0000' bus='0x{n:02x}' slot='0x00' function='0x0'/>
    </disk>
"""
_SMALL_DEVICES = """\
    <serial type='pty'>
      <target type='isa-serial' port='0'/>
    </serial>
    <channel type='unix'>
      <target type='virtio' name='org.qemu.guest_agent.0'/>
    </channel>
    <input type='tablet' bus='virtio'/>
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'>
      <listen type='address' address='127.0.0.1'/>
    </graphics>
    <video>
      <model type='virtio' heads='1' primary='yes'/>
    </video>
    <memballoon model='virtio'>
      <address type='pci' domain='0x0000' bus='0x70' slot='0x00' function='0x0'/>
    </memballoon>
    <rng model='virtio'>
      <backend model='random'>/dev/urandom</backend>
    </rng>
"""
_LIMITED_DISK = """\
    <disk type='network' device='disk'>
      <driver name='qemu' type='raw' cache='none' discard='unmap'/>
      <source protocol='rbd' name='pool/image{n}'>
        <host name='ceph1.example.com' port='6789'/>
        <host name='ceph2.example.com' port='6789'/>
        <auth username='libvirt'>
          <secret type='ceph' uuid='00000000-0000-4000-8000-0000000000aa'/>
        </auth>
      </source>
      <target dev='{target}' bus='virtio'/>
      <iotune>
        <total_bytes_sec>104857600</total_bytes_sec>
        <total_iops_sec>1000</total_iops_sec>
      </iotune>
      <serial>WD-{n:08d}</serial>
      <address type='pci' domain='0x0000' bus='0x{n:02x}' slot='0x00' function='0x0'/>
    </disk>
"""
_FILTERED_NIC = """\
    <interface type='bridge'>
      <mac address='52:54:00:6b:00:{n:02x}'/>
      <source bridge='br0'/>
      <virtualport type='openvswitch'>
        <parameters interfaceid='00000000-0000-4000-8000-0000000000{n:02x}'/>
      </virtualport>
      <model type='virtio'/>
      <driver name='vhost' queues='4'/>
      <filterref filter='clean-traffic'>
        <parameter name='IP' value='192.0.2.{n}'/>
      </filterref>
      <link state='up'/>
      <mtu size='9000'/>
      <alias name='ua-nic{n}'/>
      <address type='pci' domain='0x0000' bus='0x{n:02x}' slot='0x00' function='0x0'/>
    </interface>
"""


def _target(number: int) -> str:
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return f"vd{letters}"


def _document(name: str, number: int, *parts: str, cpu: str = "") -> str:
    head = _HEAD.format(name=name, uuid=f"00000000-0000-4000-8000-{number:012d}", cpu=cpu)
    return "".join([head, *parts, _TAIL])


def small() -> str:
    """A disk and an interface."""
    return _document("small", 1, _DISK.format(n=0, target="vda"), _NIC.format(n=0))


def typical() -> str:
    """What a machine of one's own has: ports, disks, interfaces, console, display, agent."""
    parts = [_CONTROLLER.format(n=n) for n in range(1, 10)]
    parts += [_PLACED_DISK.format(n=n, target=_target(n)) for n in range(6)]
    parts += [_NIC.format(n=n) for n in range(3)]
    return _document("typical", 2, *parts, _SMALL_DEVICES, cpu=_CPU)


def large() -> str:
    """Disks on a cluster with limits, interfaces with filters."""
    parts = [_LIMITED_DISK.format(n=n, target=_target(n)) for n in range(42)]
    parts += [_FILTERED_NIC.format(n=n) for n in range(42, 60)]
    return _document("large", 3, *parts)
