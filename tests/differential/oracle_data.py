"""What both sides of the comparison know: the disks of the guest whose moments are compared."""

DISKS = (
    "<devices><disk type='file'><driver name='qemu' type='qcow2'/><source file='/a'/><target dev='vda'/></disk>"
    "<disk type='block'><source dev='/dev/b'/><target dev='vdb'/></disk></devices>"
)
