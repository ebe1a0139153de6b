# The processor's part of the kernel, and how the image is linked.
kernel-base-srcs += $(addprefix guest-kernel/arch/x86/,header.S boot.S trap_entry.S \
    cpu.c segments.c boot_paging.c pci.c)

# Offsets of C structures for assembly: "#define" lines of the compiler's output.
$(BUILD)/gen/asm_offsets.h: guest-kernel/arch/x86/asm_offsets.c
	@mkdir -p $(@D)
	$(call say,offsets)
	$(Q)$(CC) $(KERNEL_CFLAGS) -MF $@.d -MT $@ -S $< -o - | \
	    sed -n 's/^[[:space:]]*\(#define .*\)/\1/p' > $@

kernel-obj = $(patsubst %,$(BUILD)/kernel/%.o,$(basename $(1)))

$(BUILD)/kernel/%.o: %.c $(GEN)/contract/.stamp
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -c $< -o $@

$(BUILD)/kernel/%.o: %.S $(GEN)/asm_offsets.h
	$(call say,AS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -Wa,--noexecstack -c $< -o $@

# Server dispatch that the contract compiler made.
$(BUILD)/kernel/gen/%_dispatch.o: $(GEN)/contract/.stamp
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -c $(GEN)/contract/$*_dispatch.c -o $@

KERNEL_LD := guest-kernel/arch/x86/kernel.ld
KERNEL_LDFLAGS := -T $(KERNEL_LD) -nostdlib -static --fatal-warnings \
    --gc-sections --build-id=none -z noexecstack -z max-page-size=4096
kernel-link-deps := $(KERNEL_LD) guest-kernel/boot/symbols.awk \
    guest-kernel/arch/x86/check-image.sh

# $(1): prefix, $(2): input of nm. Makes $(1).o, the panic screen's table.
kernel-symbols = awk -f guest-kernel/boot/symbols.awk $(2) > $(1).S && \
    $(CC) -c -Wa,--noexecstack $(1).S -o $(1).o

# Recipe that links the objects in $^ to the image $@. Linked twice: the symbols
# of the first pass make the panic screen's table in the second. The image has
# neither symbols nor debug information (GRUB would load them); $@.elf has both.
define kernel-link
	$(call say,LD)
	$(Q)$(call kernel-symbols,$@.symbols,/dev/null)
	$(Q)$(LD) $(KERNEL_LDFLAGS) -o $@.pass1 $(filter %.o,$^) $@.symbols.o
	$(Q)nm -n $@.pass1 > $@.nm
	$(Q)$(call kernel-symbols,$@.symbols,$@.nm)
	$(Q)$(LD) $(KERNEL_LDFLAGS) -Map=$@.map -o $@.elf $(filter %.o,$^) \
	    $@.symbols.o
	$(Q)guest-kernel/arch/x86/check-image.sh $@.elf
	$(Q)objcopy --strip-all $@.elf $@
	@rm -f $@.pass1 $@.nm $@.symbols.S $@.symbols.o
endef
