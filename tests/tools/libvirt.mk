# Domains under a libvirtd of the test's own: tests/libvirt/README.md.
tool-tests += libvirt
tool-libvirt-cmd := tests/libvirt/test_libvirt.py $(BUILD)
tool-libvirt-deps := all $(BUILD)/test/shell.img
