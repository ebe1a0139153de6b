# Services. drivers/NAME/objects.mk adds to `services` and gives
# service-NAME-srcs and service-NAME-gen (contracts whose dispatch it needs).
#
# A service is compiled once, to $(BUILD)/svc/NAME.o. That file is linked with
# the runtime for user mode into $(BUILD)/image/NAME (a process of its own, or
# inside its client) and with the runtime for the kernel into
# $(BUILD)/svc/NAME.kernel.o, which the kernel image takes in.

services :=
include $(sort $(wildcard drivers/*/objects.mk))

OBJCOPY ?= objcopy
svc-dir := $(BUILD)/svc
svc-obj = $(patsubst %,$(svc-dir)/obj/%.o,$(basename $(1)))

# The runtime: shared with programs; services' own; and what differs by place.
rt-process-srcs := $(addprefix drivers/rt/,process.c heap.c local_table.c \
    channel_state.c)
rt-service-srcs := $(addprefix drivers/rt/,service.c serve.c local.c entry.S)
rt-user-srcs    := drivers/rt/flavour_process.c drivers/rt/user_enter.S \
    guest-kernel/lib/nlib/string.c guest-kernel/lib/nlib/printf.c
rt-kernel-srcs  := drivers/rt/flavour_kernel.c drivers/rt/kernel_enter.S

IMAGE_LDFLAGS := -pie --no-dynamic-linker -z text -z noexecstack \
    -z max-page-size=4096 -z norelro --build-id=none --gc-sections \
    --fatal-warnings -T drivers/rt/image.ld

$(svc-dir)/obj/%.o: %.c $(GEN)/contract/.stamp
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SERVICE_CFLAGS) $(service-cflags) -c $< -o $@

$(svc-dir)/obj/%.o: %.S
	$(call say,AS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SERVICE_CFLAGS) -c $< -o $@

$(svc-dir)/obj/gen/%_dispatch.o: $(GEN)/contract/.stamp
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SERVICE_CFLAGS) -c $(GEN)/contract/$*_dispatch.c -o $@

$(svc-dir)/rt-service.o: $(call svc-obj,$(rt-process-srcs) $(rt-service-srcs)) \
    $(svc-dir)/obj/gen/service_dispatch.o
	$(call say,LD)
	$(Q)$(LD) -r -o $@ $^

define service-rules
$(svc-dir)/$(1).o: $(call svc-obj,$(service-$(1)-srcs)) \
    $(service-$(1)-gen:%=$(svc-dir)/obj/gen/%_dispatch.o)
	$$(call say,LD)
	$$(Q)$$(LD) -r -o $$@ $$^

$(svc-dir)/$(1).rt.o: $(svc-dir)/rt-service.o
	$$(Q)$$(OBJCOPY) --redefine-sym svc_service=$(1)_service $$< $$@

$(svc-dir)/$(1).elf: $(svc-dir)/$(1).o $(svc-dir)/$(1).rt.o \
    $(call svc-obj,$(rt-user-srcs)) drivers/rt/image.ld
	$$(call say,LD)
	$$(Q)$$(LD) $$(IMAGE_LDFLAGS) -o $$@ $$(filter %.o,$$^)

$(BUILD)/image/$(1): $(svc-dir)/$(1).elf
	@mkdir -p $$(@D)
	$$(Q)$$(OBJCOPY) --strip-all $$< $$@

$(svc-dir)/$(1).kernel.o: $(svc-dir)/$(1).o $(svc-dir)/$(1).rt.o \
    $(call svc-obj,$(rt-kernel-srcs))
	$$(call say,LD)
	$$(Q)$$(LD) -r -o $$@.all $$^
	$$(Q)$$(OBJCOPY) --redefine-sym _start=$(1)_kernel_start \
	    --redefine-sym local_start=$(1)_kernel_local_start \
	    -G $(1)_kernel_start -G $(1)_kernel_local_start $$@.all $$@
	@rm -f $$@.all
endef
$(foreach s,$(services),$(eval $(call service-rules,$(s))))

# The kernel's table of services, in the order of their names.
$(svc-dir)/kservices.c: $(wildcard drivers/*/objects.mk) drivers/objects.mk
	@mkdir -p $(@D)
	$(Q){ echo '/* Made by drivers/objects.mk: do not edit. */'; \
	  echo '#include <rt/kservice.h>'; \
	  for s in $(sort $(services)); do \
	    echo "void $${s}_kernel_start(const struct nu_start *);"; \
	    echo "int $${s}_kernel_local_start(const struct nu_start *, uint32_t);"; \
	  done; \
	  echo 'const struct kservice kservices[] = {'; \
	  for s in $(sort $(services)); do \
	    echo "    {\"$$s\", $${s}_kernel_start, $${s}_kernel_local_start},"; \
	  done; \
	  echo '    {NULL, NULL, NULL},'; echo '};'; } > $@

$(svc-dir)/kservices.o: $(svc-dir)/kservices.c
	$(call say,CC)
	$(Q)$(CC) $(KERNEL_CFLAGS) -Idrivers -c $< -o $@

kernel-service-objs := $(services:%=$(svc-dir)/%.kernel.o) $(svc-dir)/kservices.o
kernel-objs += $(kernel-service-objs)

service-images := $(services:%=$(BUILD)/image/%)
