"""The exceptions pyvirt raises: :class:`VirtError`, and one class per libvirt error code."""

from pyvirt_util.error_codes import ErrorCode as ErrorCode
from pyvirt_util.error_codes import ErrorDomain as ErrorDomain
from pyvirt_util.error_codes import ErrorLevel as ErrorLevel
from pyvirt_util.errors import *  # noqa: F403
