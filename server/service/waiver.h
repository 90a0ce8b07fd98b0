/*
 * Leaving the ledger out: a list whose references, or whose pseudonyms, nobody can make out any
 * more is erased all the same, when data protection asks for it and an authorising officer, another
 * person, confirms within seven days. Not an administrator: who keeps the keys does not decide what
 * a lost one means.
 *
 * A waiver lets the erasure go on; it does not erase. What can be written when the list goes is
 * written all the same, waiver or not.
 */
#ifndef OVERT_SERVER_SERVICE_WAIVER_H
#define OVERT_SERVER_SERVICE_WAIVER_H

#include "server/audit/event.h"
#include "server/store/waivers.h"

struct service;

/* "erasure.state" unless the deployment has ended and is not erased, "erasure.begun";
 * "waiver.not_lost" where what is said to be lost is there and opens; "waiver.asked". */
OV_CHECKED enum ov_status service_waiver_ask(struct service *service, const struct actor *actor,
                                             const struct ov_id *deployment_id,
                                             enum waiver_reason reason, struct ledger_waiver *ret,
                                             struct ov_error *err);
/* By another person ("waiver.same_person"); "waiver.expired", "waiver.decided", "waiver.unknown".
 * Raises the alarm "erasure.ledger_waived", which neither of the two clears. */
OV_CHECKED enum ov_status service_waiver_confirm(struct service *service, const struct actor *actor,
                                                 const struct ov_id *id, struct ledger_waiver *ret,
                                                 struct ov_error *err);
OV_CHECKED enum ov_status service_waiver_withdraw(struct service *service,
                                                  const struct actor *actor, const struct ov_id *id,
                                                  struct ov_error *err);
/* Newest first; to those who may look for what should be gone. */
OV_CHECKED enum ov_status
service_waiver_each(struct service *service, const struct actor *actor,
                    const struct store_page *page,
                    enum ov_status (*on_row)(void *ctx, const struct ledger_waiver *), void *ctx,
                    struct ov_error *err);

#endif
