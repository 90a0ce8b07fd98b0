/* Looking for what should be gone. */
#include "server/service/erasure_check.h"

#include <string.h>

#include "server/service/act.h"
#include "server/service/erasure.h"
#include "server/service/key_files.h"
#include "server/service/permissions.h"
#include "server/store/leftovers.h"

const char *erasure_part_name(enum erasure_part part)
{
    switch (part) {
    case ERASURE_PART_LISTS:
        return "lists";
    case ERASURE_PART_ALERTS:
        return "alerts";
    case ERASURE_PART_KEYS:
        return "keys";
    case ERASURE_PART_LEDGER:
        return "ledger";
    }
    return "unknown";
}

struct looking {
    struct service *service;
    int64_t now_us;
    enum ov_status (*on_leftover)(void *ctx, const struct erasure_leftover *);
    void *ctx;
    struct erasure_looked looked;
    enum vault_class class_id;
    struct ov_error *err;
};

static enum ov_status found(struct looking *looking, const char *code, const struct ov_id *id,
                            int64_t since_us)
{
    struct erasure_leftover leftover = {.code = code, .id = *id, .since_us = since_us};
    looking->looked.leftovers++;
    return looking->on_leftover != NULL ? looking->on_leftover(looking->ctx, &leftover) : OV_OK;
}

/* --- the database --- */

static enum ov_status on_row(void *ctx, const struct leftover_row *row)
{
    struct looking *looking = ctx;
    looking->looked.things++;
    return row->code[0] == '\0' ? OV_OK : found(looking, row->code, &row->id, row->since_us);
}

/* --- sealed rows without their key --- */

static enum ov_status on_sealed(void *ctx, const struct sealed_owner *owner)
{
    struct looking *looking = ctx;
    bool there = true;
    enum ov_status status = vault_key_is_there(looking->service->vault, looking->class_id,
                                               &owner->id, &there, looking->err);
    if (status == OV_OK && !there)
        status =
            found(looking, looking->class_id == VAULT_ALERT ? "alert.key_gone" : "list.key_gone",
                  &owner->id, 0);
    return status;
}

static enum ov_status look_at_lists(struct looking *looking, struct ov_error *err)
{
    struct store *store = looking->service->store;
    looking->class_id = VAULT_WATCHLIST;
    enum ov_status status = store_leftovers_lists(store, ERASURE_GRACE_S, on_row, looking, err);
    return status == OV_OK ? store_sealed_lists(store, on_sealed, looking, err) : status;
}

static enum ov_status look_at_alerts(struct looking *looking, struct ov_error *err)
{
    struct store *store = looking->service->store;
    looking->class_id = VAULT_ALERT;
    enum ov_status status = store_leftovers_alerts(store, ERASURE_GRACE_S, on_row, looking, err);
    return status == OV_OK ? store_sealed_alerts(store, on_sealed, looking, err) : status;
}

static enum ov_status look_at_ledger(struct looking *looking, struct ov_error *err)
{
    return store_leftovers_ledger(looking->service->store, on_row, looking, err);
}

/* --- the vault's folder --- */

static const struct ov_id nobody = {{0}};

/* What a write of ours left is swept after a day. */
static enum ov_status on_strange(struct looking *looking, const struct vault_file *file,
                                 int64_t sweep_at_us)
{
    if (!file->is_temporary)
        return found(looking, "key.strange", &nobody, file->changed_at_us);
    return looking->now_us < sweep_at_us ? OV_OK
                                         : found(looking, "key.strange", &nobody, sweep_at_us);
}

static enum ov_status on_file(void *ctx, const struct vault_file *file, enum key_file_kind kind)
{
    struct looking *looking = ctx;
    int64_t sweep_at_us = file->changed_at_us + (SWEEP_AFTER_S + 4 * ERASURE_GRACE_S) * OV_US_PER_S;
    looking->looked.things++;
    switch (kind) {
    case KEY_FILE_OWNED:
        return file->is_private ? OV_OK : found(looking, "vault.mode", &file->owner, 0);
    case KEY_FILE_PAST:
        return found(looking, "key.past", &file->owner, file->changed_at_us);
    case KEY_FILE_WITHOUT_OWNER:
        return looking->now_us < sweep_at_us
                   ? OV_OK
                   : found(looking, "key.without_owner", &file->owner, sweep_at_us);
    case KEY_FILE_STRANGE:
        return on_strange(looking, file, sweep_at_us);
    }
    return OV_OK;
}

static enum ov_status on_outside(void *ctx, const struct vault_file *file)
{
    struct looking *looking = ctx;
    bool is_young = looking->now_us < file->changed_at_us + ERASURE_GRACE_S * OV_US_PER_S;
    looking->looked.things++;
    if (file->is_known)
        return file->is_private ? OV_OK : found(looking, "vault.mode", &nobody, 0);
    return file->is_temporary && is_young
               ? OV_OK
               : found(looking, "vault.strange", &nobody, file->changed_at_us);
}

static enum ov_status look_at_keys(struct looking *looking, struct ov_error *err)
{
    struct service *service = looking->service;
    enum ov_status status = vault_each_outside(service->vault, on_outside, looking, err);
    if (status == OV_OK)
        status = key_files_each(service, VAULT_WATCHLIST, on_file, looking, err);
    return status == OV_OK ? key_files_each(service, VAULT_ALERT, on_file, looking, err) : status;
}

enum ov_status
service_erasure_check(struct service *service, const struct actor *actor, enum erasure_part part,
                      enum ov_status (*on_leftover)(void *ctx, const struct erasure_leftover *),
                      void *ctx, struct erasure_looked *ret, struct ov_error *err)
{
    struct looking looking = {.service = service,
                              .now_us = act_now_us(service),
                              .on_leftover = on_leftover,
                              .ctx = ctx,
                              .err = err};
    enum ov_status status = check_permission(actor, ACTION_ERASURE_CHECK, err);
    if (status != OV_OK)
        return status;
    switch (part) {
    case ERASURE_PART_LISTS:
        status = look_at_lists(&looking, err);
        break;
    case ERASURE_PART_ALERTS:
        status = look_at_alerts(&looking, err);
        break;
    case ERASURE_PART_KEYS:
        status = look_at_keys(&looking, err);
        break;
    case ERASURE_PART_LEDGER:
        status = look_at_ledger(&looking, err);
        break;
    }
    if (status == OV_OK)
        *ret = looking.looked;
    return status;
}
