services += console
service-console-srcs := drivers/console/service.c drivers/console/uart16550.c
service-console-gen := console
