/* This domain among others, as an object. */
#ifndef NUNCIO_OBJ_OBJ_DOMAIN_H
#define NUNCIO_OBJ_OBJ_DOMAIN_H

struct hv_domain;

/* (domain) lives for ever; NULL: alone, and every method is UNSUP. */
void obj_domain_setup(const struct hv_domain *domain);

#endif /* NUNCIO_OBJ_OBJ_DOMAIN_H */
