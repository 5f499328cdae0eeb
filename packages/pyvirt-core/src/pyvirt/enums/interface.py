"""Enumerations and flags of host interfaces, with libvirt's values."""

from enum import IntFlag


class ConnectListAllInterfacesFlags(IntFlag):
    """virConnectListAllInterfacesFlags."""

    NONE = 0
    INACTIVE = 1
    ACTIVE = 2


class InterfaceXMLFlags(IntFlag):
    """virInterfaceXMLFlags."""

    NONE = 0
    INACTIVE = 1


class InterfaceDefineFlags(IntFlag):
    """virInterfaceDefineFlags."""

    NONE = 0
    VALIDATE = 1
