# Domains under a libvirtd of the test's own: tests/libvirt/README.md.
tool-tests += libvirt
tool-libvirt-cmd := tests/libvirt/test_libvirt.py $(BUILD)
tool-libvirt-deps := all $(BUILD)/test/shell.img

tool-tests += systemd-unit
tool-systemd-unit-cmd := tests/libvirt/unit_file.sh $(BUILD)
tool-systemd-unit-deps := $(BUILD)/nuncio-broker
