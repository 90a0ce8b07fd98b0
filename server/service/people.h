/* Who is who: the first administrators, the identities of certificates, sites, names. */
#ifndef OVERT_SERVER_SERVICE_PEOPLE_H
#define OVERT_SERVER_SERVICE_PEOPLE_H

#include "server/audit/event.h"
#include "server/store/people.h"

struct service;

/* The first two administrators, "overtd bootstrap". Refused when a principal exists
 * ("bootstrap.done"). Each is an administrator and nothing else. */
OV_CHECKED enum ov_status service_bootstrap(struct service *service, const char *first_name,
                                            const char *second_name, struct ov_error *err);

/* Resolves the identity of a verified certificate to an active principal. */
OV_CHECKED enum ov_status service_identify(struct service *service, const char *uri,
                                           const char *serial, struct actor *ret_actor,
                                           struct ov_error *err);
OV_CHECKED enum ov_status service_site_add(struct service *service, const struct actor *actor,
                                           const char *name, struct site *ret_site,
                                           struct ov_error *err);

OV_CHECKED enum ov_status service_site_each(struct service *service, const struct actor *actor,
                                            enum ov_status (*on_site)(void *ctx,
                                                                      const struct site *site),
                                            void *ctx, struct ov_error *err);
/* A principal's name (a staff id or a site's name), for showing who did something. */
OV_CHECKED enum ov_status service_principal_name(struct service *service, const struct ov_id *id,
                                                 char ret_name[PRINCIPAL_NAME_SIZE],
                                                 struct ov_error *err);

OV_CHECKED enum ov_status
service_site_page(struct service *service, const struct actor *actor, const struct store_page *page,
                  enum ov_status (*on_site)(void *ctx, const struct site *site), void *ctx,
                  struct ov_error *err);

#endif
