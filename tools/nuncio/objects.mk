# The host tool, and `make run`.

nuncio-parts := about boot_archive broker child commands config config_fields control drivers drivers_list \
                guest host image json launch lines libvirt_files libvirt_run machine main manifest \
                options options_table pool ps ps_print qemu report run rundir signals split split_part status system system_check terminal \
                trace_command trace_json trace_match trace_perfetto trace_read \
                trace_text trace_values up words \
                xml xml_build xml_command xml_plan
nuncio-objs := $(nuncio-parts:%=$(BUILD)/host/tools/nuncio/%.o) \
               $(BUILD)/host/gen/tables.o

# What stands in for QEMU where libvirt runs it.
nuncio-libvirt-objs := $(addprefix $(BUILD)/host/tools/nuncio/,libvirt_main.o \
                         libvirt_files.o \
                         libvirt_pump.o pool.o)

all: $(BUILD)/nuncio $(BUILD)/nuncio-libvirt

$(BUILD)/nuncio: $(nuncio-objs)
	$(call say,HOSTLD)
	$(Q)$(CC) -o $@ $^ -lconfig -larchive

$(BUILD)/nuncio-libvirt: $(nuncio-libvirt-objs)
	$(call say,HOSTLD)
	$(Q)$(CC) -o $@ $^ $(shell pkg-config --libs libvirt)

$(BUILD)/host/tools/nuncio/%.o: tools/nuncio/%.c $(GEN)/contract/.stamp
	$(call say,HOSTCC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -c -o $@ $<

$(BUILD)/host/gen/tables.o: $(GEN)/contract/tables.c
	$(call say,HOSTCC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -c -o $@ $<

# A disk with a real tree of files, for configs/files.conf.
$(BUILD)/files.img: tools/nuncio/make-files
	$(call say,MKE2FS)
	$(Q)tools/nuncio/make-files $@

# The packages come first: without them there is nothing to build with.
run:
	@echo 'Packages'
	$(Q)tools/deps/install build run
	@echo 'Build'
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD) all $(BUILD)/files.img
	@echo 'Boot (Ctrl-A x stops the machine, exit leaves the shell)'
	$(Q)$(BUILD)/nuncio run configs/files.conf
