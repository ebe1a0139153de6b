# The kernel image. Sources come from here, guest-kernel/arch/x86, hypercall/
# and hv/kvm/.
kernel-srcs += $(addprefix guest-kernel/, \
    object/object.c \
    mm/frame.c mm/purse.c mm/purse_life.c mm/slab.c mm/pagetable.c mm/memory.c mm/space.c mm/ucopy.c \
    ipc/answer.c ipc/handle.c ipc/inbox.c ipc/channel.c ipc/reply.c ipc/transfer.c ipc/message.c \
    ipc/fastpath.c \
    proc/thread.c proc/sched.c proc/process.c proc/trap.c \
    obj/kobject.c obj/objects.c obj/obj_purse.c obj/obj_process.c obj/obj_space.c obj/obj_ipc.c \
    obj/obj_time.c obj/obj_device.c obj/obj_watch.c obj/obj_system.c \
    obj/obj_signal.c obj/obj_domain.c obj/obj_link.c \
    $(addprefix link/,record.c batch.c held.c ring.c request.c send.c call.c import.c remake.c response.c window.c \
        agent.c export.c link.c info.c poll.c) \
    trace/trace.c init/first.c init/main.c \
    arch/x86/switch.c arch/x86/entry.S arch/x86/callpage.S \
    lib/nlib/elf.c lib/nlib/cpio.c)
# What the kernel core stands on; tests/boot links it to kernels of its own.
kernel-base-srcs += $(addprefix guest-kernel/, \
    boot/start.c boot/boot_info.c boot/boot_take.c boot/boot_pvh.c boot/boot_multiboot2.c \
    boot/boot_ranges.c boot/cmdline.c boot/acpi.c boot/klog.c boot/panic.c \
    boot/time.c boot/device_list.c boot/devices.c boot/devices_pci.c boot/devices_mmio.c \
    event/event.c grant/grant.c boot/domain.c lib/nlib/string.c lib/nlib/printf.c)
# Contracts whose objects the kernel implements.
kernel-gen := handle purse process thread space memory channel port reply clock \
    timer interrupt device trace log system domain link signal

include guest-kernel/arch/x86/objects.mk

# Expanded when it is needed: other directories add to these lists too.
kernel-image-objs = $(sort $(call kernel-obj,$(kernel-base-srcs) \
    $(kernel-srcs)) $(kernel-gen:%=$(BUILD)/kernel/gen/%_dispatch.o)) \
    $(kernel-objs)

.SECONDEXPANSION:
$(BUILD)/nuncio-kernel: $$(kernel-image-objs) $(kernel-link-deps)
	$(kernel-link)

all: $(BUILD)/nuncio-kernel

# The path of every message goes without a frame pointer; a backtrace from there
# shows its caller, which is the system call.
hot-objs := guest-kernel/ipc/fastpath guest-kernel/obj/kobject \
    guest-kernel/obj/obj_time \
    $(kernel-gen:%=gen/%_dispatch)
$(hot-objs:%=$(BUILD)/kernel/%.o): KERNEL_CFLAGS += -fomit-frame-pointer
