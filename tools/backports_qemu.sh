#!/bin/sh
# Unpack the QEMU of Debian's backports into a folder, beside the installed one, and print what PYVIRT_IGB_QEMU has to
# be for tests/e2e/test_e2e_sriov_guest.py:
#
#     export PYVIRT_IGB_QEMU="$(tools/backports_qemu.sh ~/qemu)"
#
# apt gets lists and folders of its own: nothing of the machine's changes.
set -eu

folder=${1:?usage: tools/backports_qemu.sh FOLDER}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' "Created-By: Packages" | awk -v r="$release" '$2 == r { print $1; exit }')
apt="$folder/apt"
mkdir -p "$apt/lists/partial" "$apt/parts" "$apt/archives/partial"
for suite in "$release" "$release-backports"; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
done >"$apt/sources.list"
private() {
    apt-get -qq -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts="$apt/parts" \
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts="$apt/parts" \
        -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt" -o APT::Sandbox::User=root "$@"
}
private update >&2
cd "$folder"
private -t "$release-backports" download qemu-system-x86 qemu-system-common qemu-system-data seabios ipxe-qemu >&2
for package in ./*.deb; do
    dpkg -x "$package" "$folder"
    rm "$package"
done
echo "$folder/usr/bin/qemu-system-x86_64 -L $folder/usr/share/qemu -L $folder/usr/share/seabios"
