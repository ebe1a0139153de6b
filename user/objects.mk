# Programs. user/NAME/objects.mk adds to `programs` and gives program-NAME-srcs
# (and program-NAME-gen: contracts whose dispatch it needs).
# Each becomes $(BUILD)/image/NAME, linked like a service's image from objects
# of its own, the library and the part of the service runtime that is for all.

programs :=
include $(sort $(wildcard user/*/objects.mk))

user-dir := $(BUILD)/user
user-obj = $(patsubst %,$(user-dir)/obj/%.o,$(basename $(1)))
user-lib-objs := $(call user-obj,user/lib/start.S user/lib/user.c \
    guest-kernel/lib/nlib/string.c guest-kernel/lib/nlib/printf.c) \
    $(call svc-obj,$(rt-process-srcs) drivers/rt/flavour_process.c \
        drivers/rt/user_enter.S)

$(user-dir)/obj/%.o: %.c $(GEN)/contract/.stamp
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -Iuser/lib -Idrivers -c $< -o $@

$(user-dir)/obj/%.o: %.S
	$(call say,AS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -c $< -o $@

define program-rules
$(user-dir)/$(1).elf: $(call user-obj,$(program-$(1)-srcs)) $(user-lib-objs) \
    $(program-$(1)-gen:%=$(svc-dir)/obj/gen/%_dispatch.o) \
    drivers/rt/image.ld
	$$(call say,LD)
	@mkdir -p $$(@D)
	$$(Q)$$(LD) $$(IMAGE_LDFLAGS) -o $$@ $$(filter %.o,$$^)

$(BUILD)/image/$(1): $(user-dir)/$(1).elf
	@mkdir -p $$(@D)
	$$(Q)$$(OBJCOPY) --strip-all $$< $$@
endef
$(foreach p,$(programs),$(eval $(call program-rules,$(p))))

program-images := $(programs:%=$(BUILD)/image/%)

.PHONY: images
images: $(service-images) $(program-images)
all: images
