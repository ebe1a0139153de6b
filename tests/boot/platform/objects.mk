# Kernels of tests/boot that are not the whole one.
platform-test-objs := $(sort $(call kernel-obj,$(kernel-base-srcs) \
    $(addprefix tests/boot/platform/,kernel_main.c devices.c domains.c rng.c panics.c)))

$(BUILD)/test/platform-kernel: $(platform-test-objs) $(kernel-link-deps)
	@mkdir -p $(@D)
	$(kernel-link)
