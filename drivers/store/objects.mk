services += store
service-store-srcs := $(addprefix drivers/store/,service.c request.c watches.c \
    xs.c)
service-store-gen := store watch

# The wire format is Xen's (hypercall/xen_abi.h).
$(BUILD)/svc/obj/drivers/store/%.o: service-cflags := -I.
