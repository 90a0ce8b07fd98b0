/*
 * Holding a list against all others: those of other deployments of the same kind, whether they are
 * erased (the ledger holds them) or still there. An exercise's subjects are volunteers and
 * published pictures, so exercises are compared with exercises only. Private to service/.
 */
#ifndef OVERT_SERVER_SERVICE_RELISTING_LISTS_H
#define OVERT_SERVER_SERVICE_RELISTING_LISTS_H

#include "server/service/relisting.h"

struct service;

/* In no transaction: it takes seconds and locks nothing. Adds to lists_compared and
 * lists_not_compared of counts. */
OV_CHECKED enum ov_status relisting_compare(struct service *service,
                                            const struct ledger_key *ledger,
                                            const struct ov_id *deployment_id,
                                            struct relisting *relisting,
                                            struct review_relisted *counts, struct ov_error *err);

#endif
