# The contract compiler and what it makes of contracts/: everything in
# $(GEN)/contract depends on one stamp, because one run makes all of it.

contract-dir  := tools/contract
contract-bin  := $(BUILD)/host/contract
contract-work := $(BUILD)/host/tools/contract

# The generated parser files are flex's and bison's code; the rest is ours.
contract-parts := ast layout check check_find check_types check_messages check_states \
                  check_symbols emit emit_header emit_stubs emit_dispatch emit_tables \
                  emit_tables_header emit_markdown
contract-objs := $(contract-parts:%=$(contract-work)/%.o) \
                 $(contract-work)/parser.tab.o $(contract-work)/lexer.o
contract-flags := $(HOST_CFLAGS) -I$(contract-dir) -I$(contract-work)
contract-relax := -Wno-conversion -Wno-sign-conversion -Wno-redundant-decls \
                  -Wno-switch-enum -Wno-missing-prototypes -Wno-cast-qual \
                  -Wno-unused-but-set-variable

$(contract-work)/parser.tab.c: $(contract-dir)/parser.y
	$(call say,BISON)
	@mkdir -p $(@D)
	$(Q)bison --defines=$(@:.c=.h) -o $@ $<

$(contract-work)/parser.tab.h: $(contract-work)/parser.tab.c ;

$(contract-work)/lexer.c: $(contract-dir)/lexer.l $(contract-work)/parser.tab.h
	$(call say,FLEX)
	@mkdir -p $(@D)
	$(Q)flex -o $@ $<

$(contract-work)/%.o: $(contract-dir)/%.c
	$(call say,HOSTCC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(contract-flags) -c -o $@ $<

$(contract-work)/lexer.o $(contract-work)/parser.tab.o: \
    $(contract-work)/%.o: $(contract-work)/%.c $(contract-work)/parser.tab.h
	$(call say,HOSTCC)
	$(Q)$(CC) $(contract-flags) $(contract-relax) \
	    $(if $(IS_CLANG),-Wno-frame-larger-than,-Wno-stack-usage) -c -o $@ $<

$(contract-bin): $(contract-work)/main.o $(contract-objs)
	$(call say,HOSTLD)
	$(Q)$(CC) -o $@ $^

$(GEN)/contract/.stamp: $(contract-bin) $(contracts)
	$(call say,CONTRACT)
	@mkdir -p $(@D)
	$(Q)$(contract-bin) -o $(@D) $(contracts)
	@touch $@

# A file whose text did not change keeps its time, so nothing is compiled again.
contract-dispatch := $(contract-names:%=$(GEN)/contract/%_dispatch.c)
$(gen-headers) $(contract-dispatch) $(GEN)/contract/tables.c: \
    $(GEN)/contract/.stamp ;

# The reference pages are checked in; a test says when they are not current.
docs-pages := $(contract-names:%=docs/contracts/%.md) docs/contracts/README.md

.PHONY: docs
docs: $(GEN)/contract/.stamp
	@mkdir -p docs/contracts
	$(Q)rm -f docs/contracts/*.md
	$(Q)cp $(docs-pages:docs/contracts/%=$(GEN)/contract/%) docs/contracts/
