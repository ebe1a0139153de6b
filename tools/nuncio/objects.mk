# The host tool, and `make run`.

nuncio-parts := boot_archive commands config host image launch machine main manifest \
                options pool qemu report run status system system_check terminal \
                trace_command trace_json trace_match trace_perfetto trace_read \
                trace_text trace_values words \
                xml xml_build xml_command
nuncio-objs := $(nuncio-parts:%=$(BUILD)/host/tools/nuncio/%.o) \
               $(BUILD)/host/gen/tables.o

all: $(BUILD)/nuncio

$(BUILD)/nuncio: $(nuncio-objs)
	$(call say,HOSTLD)
	$(Q)$(CC) -o $@ $^ -lconfig -larchive

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
