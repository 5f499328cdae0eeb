#!/bin/sh
# Install the Debian packages that real guests, containers and bridges need, as root and where something is missing; with
# the argument "tests" also what the tests compare with. Everybody else is told what to install; what needs a missing
# program then says so and does without.
set -eu

# PROGRAM:PACKAGE or FILE:PACKAGE, by what is looked for and what brings it.
wanted="
qemu-system-x86_64:qemu-system-x86
qemu-img:qemu-utils
busybox:busybox-static
cpio:cpio
nft:nftables
ip:iproute2
unshare:util-linux
"
if [ "${1:-}" = tests ]; then
    wanted="$wanted
virsh:libvirt-clients
zsh:zsh
fish:fish
mdevctl:mdevctl
/usr/lib/python3/dist-packages/libvirt.py:python3-libvirt
"
fi

missing=""
for pair in $wanted; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null 2>&1 || [ -e "${pair%%:*}" ] || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1 && [ "${SYSTEM_PACKAGES:-yes}" != no ]; then
    echo "installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq -o DPkg::Lock::Timeout=300 update
    # shellcheck disable=SC2086  # a list of names
    apt-get -qq -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing >/dev/null
else
    echo "not installed (real guests need them): apt-get install$missing" >&2
fi
