/*
 * Erasure: lists and alerts go when their time is over, with a deletion certificate, and nothing is
 * said to be erased of which something is left. Times are judged by the database's clock.
 *
 * A list goes step by step: ledger written, key file destroyed, tables dropped, looked for what is
 * left, certified. Each step is a transaction with its event, is done once, and is found again
 * after a crash; whoever calls next goes on from there, several at once too.
 */
#ifndef OVERT_SERVER_SERVICE_ERASURE_H
#define OVERT_SERVER_SERVICE_ERASURE_H

#include "server/audit/event.h"
#include "server/store/erasures.h"

struct service;

/*
 * By command of one person, also before its time, since the ledger keeps what there is to answer
 * for: "erasure.state" unless the deployment has ended, "erasure.done"; "erasure.key_gone" where
 * the list's key is missing, "ledger.*" where the ledger's does not serve, unless two people have
 * waived the ledger for that (waiver.h).
 */
OV_CHECKED enum ov_status service_erase_list(struct service *service, const struct actor *actor,
                                             const struct ov_id *deployment_id,
                                             struct list_erasure *ret, struct ov_error *err);

/* How far it has come: "erasure.not_begun". */
OV_CHECKED enum ov_status service_erasure_get(struct service *service, const struct actor *actor,
                                              const struct ov_id *deployment_id,
                                              struct list_erasure *ret, struct ov_error *err);

/* --- the keeper's tasks --- */

/* Every list that is due. One that cannot be erased stops no other; from ERASURE_ALARM_AFTER_S on
 * it is an alarm, "erasure.overdue", which ends when it is erased. A key that is missing before the
 * erasure has begun is one at once, "erasure.key_gone", and nothing of that list is touched. */
OV_CHECKED enum ov_status service_erase_due_lists(struct service *service, struct ov_error *err);
/* Every alert that is due and not held: keys first, then rows, a certificate for each batch and
 * deployment. The alarm is "erasure.alerts_overdue". */
OV_CHECKED enum ov_status service_erase_due_alerts(struct service *service, struct ov_error *err);
/* Key files that nothing owns: of erased lists at once, others (left by a crash, they open nothing)
 * after SWEEP_AFTER_S, when no transaction can still be under way that will own them. */
OV_CHECKED enum ov_status service_sweep_keys(struct service *service, struct ov_error *err);

#define ERASURE_ALARM_AFTER_S INT64_C(600)
#define SWEEP_AFTER_S INT64_C(86400)

#endif
