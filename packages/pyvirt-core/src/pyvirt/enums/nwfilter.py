"""Enumerations and flags of network filters, with libvirt's values."""

from enum import IntFlag


class NWFilterDefineFlags(IntFlag):
    """virNWFilterDefineFlags."""

    NONE = 0
    NWFILTER_DEFINE_VALIDATE = 1


class NWFilterBindingCreateFlags(IntFlag):
    """virNWFilterBindingCreateFlags."""

    NONE = 0
    NWFILTER_BINDING_CREATE_VALIDATE = 1
