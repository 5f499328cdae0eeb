"""What FILE.xml may say of a domain beyond its definition, in the namespace of libvirt's test driver."""

from __future__ import annotations

from typing import ClassVar

from pyvirt_conf.domain.namespaces import DomainNamespace
from pyvirt_conf.xml import U32, element, flag, text

TEST_URI = "http://libvirt.org/schemas/domain/test/1.0"


@element("test", namespaces={"test": TEST_URI})
class TestNamespace(DomainNamespace):
    """How the domain is when the host is made.

    ``runstate`` is a number of virDomainState (default: running), ``transient`` leaves out the persistent definition,
    ``has_managed_save`` says that there is a saved image.
    """

    __test__ = False
    prefix: ClassVar[str] = "test"
    uri: ClassVar[str] = TEST_URI

    runstate: U32 | None = text("test:runstate")
    transient: bool = flag("test:transient")
    has_managed_save: bool = flag("test:hasmanagedsave")
