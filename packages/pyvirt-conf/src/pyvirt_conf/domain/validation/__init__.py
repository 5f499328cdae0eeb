"""What libvirt refuses for every hypervisor, beyond what the types of the fields tell (virDomainDefValidate)."""

from pyvirt_conf.domain.validation.definition import validate
from pyvirt_conf.domain.validation.devices import validate_device

__all__ = ["validate", "validate_device"]
