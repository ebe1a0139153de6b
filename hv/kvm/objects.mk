# The hypervisor's half of Xen's ABI on KVM and QEMU, inside the guest.
kernel-base-srcs += $(addprefix hv/kvm/,start.c domain.c state.c page.c multicall.c console.c event.c \
    grant.c store.c mailbox.c device.c physdev.c \
    time.c pvclock.c calibrate.c rtc.c lapic.c ioapic.c power.c info.c)
