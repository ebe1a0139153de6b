# Room for the hypercall page, and how the wrappers, which are inline, call it.
KERNEL_CFLAGS += -Ihypercall/arch/x86
kernel-base-srcs += hypercall/arch/x86/page.S
