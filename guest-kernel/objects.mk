# The kernel image. Sources come from here, hypercall/ and hv/kvm/.
include guest-kernel/arch/x86/objects.mk
