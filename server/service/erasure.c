/* Erasing a list. */
#include "server/service/erasure.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "server/audit/document.h"
#include "server/service/act.h"
#include "server/service/alarms.h"
#include "server/service/erasure_private.h"
#include "server/service/ledger.h"
#include "server/service/permissions.h"
#include "server/store/waivers.h"
#include "server/store/watchlists.h"
#include "server/vault/vault.h"

/* One erasure on its way, by whoever takes its next step. */
struct erasing {
    struct service *service;
    const struct actor *actor;
    bool by_command;
    struct deployment deployment; /* both as of the step's own lock */
    struct list_erasure at;       /* begun_at_us 0: not begun */
    bool done;
};

static struct audit_event *step_event(const struct erasing *erasing, const char *name)
{
    struct audit_event *event = audit_event_new(name, erasing->actor, act_now_us(erasing->service));
    audit_event_deployment(event, &erasing->deployment.id);
    audit_event_object(event, "deployment", &erasing->deployment.id);
    audit_event_code(event, "class", vault_class_name(VAULT_WATCHLIST));
    return event;
}

/* --- step 1: the ledger, while the references can still be read --- */

bool erasure_is_lost(const struct ov_error *why)
{
    static const char *const codes[] = {"vault.key_gone", "vault.bad_key", "ledger.no_key",
                                        "ledger.bad_key", "ledger.wrong_key"};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (strcmp(why->code, codes[i]) == 0)
            return true;
    }
    return false;
}

/* What two people decided for this very reason; else why stands. */
static enum ov_status waive(struct erasing *erasing, enum waiver_reason reason,
                            const struct ov_error *why, struct ov_error *err)
{
    struct store *store = erasing->service->store;
    const struct ov_id *id = &erasing->deployment.id;
    struct ov_error none = OV_ERROR_INIT;
    struct ledger_waiver waiver;
    enum ov_status status = store_waiver_confirmed(store, id, reason, &waiver, &none);
    if (status == OV_ERR_NOT_FOUND)
        return ov_fail(err, why->status, why->code, "%s", why->text);
    if (status != OV_OK)
        return ov_fail(err, none.status, none.code, "%s", none.text);
    return store_erasure_without_ledger(store, id, &waiver.id, err);
}

/* A list of nobody has nothing that a copy of the key could open, and nobody for the ledger. Any
 * other is left as it is: who took the key away may still have it, and the references with it. */
static enum ov_status without_key(struct erasing *erasing, const struct ov_error *why,
                                  struct ov_error *err)
{
    struct store *store = erasing->service->store;
    const struct ov_id *id = &erasing->deployment.id;
    struct store_bytes nobody = {NULL, 0};
    struct ov_error gone = OV_ERROR_INIT;
    struct list_erasure at;
    int64_t subjects = 0;
    enum ov_status status = store_erasure_get(store, id, &at, err);
    if (status == OV_OK)
        status = store_erasure_key_missing(store, id, err);
    if (status != OV_OK)
        return status;
    if (at.entries == 0)
        return store_erasure_write_ledger(store, id, nobody, 0, &subjects, err);
    if (why->status != OV_ERR_NOT_FOUND)
        return waive(erasing, WAIVER_LIST_KEY_LOST, why, err);
    (void)ov_fail(&gone, OV_ERR_STATE, ERASURE_ALARM_KEY,
                  "the list's key is not in the vault, and not because it was erased: nothing "
                  "was changed. Restore the vault's folder; or, where the key is lost for "
                  "good, have the ledger waived by two people ('overtctl erasure waive')");
    return waive(erasing, WAIVER_LIST_KEY_LOST, &gone, err);
}

/* A reference or an image that nobody can read any more was altered in the database. */
static enum ov_status tell_unreadable(struct service *service, const struct ov_id *id,
                                      struct ov_error *err)
{
    struct alarm_subject subject = {.code = "erasure.unreadable", .deployment_id = id};
    return service_alarm_raise(service, act_server(), &subject, err);
}

static enum ov_status write_or_waive(struct erasing *erasing, struct vault_key **key,
                                     struct ov_error *err)
{
    struct service *service = erasing->service;
    const struct ov_id *id = &erasing->deployment.id;
    struct ov_error why = OV_ERROR_INIT;
    int64_t subjects = 0;
    int64_t unreadable = 0;
    enum ov_status status = vault_key_load(service->vault, VAULT_WATCHLIST, id, key, &why);
    if (status != OV_OK && erasure_is_lost(&why))
        return without_key(erasing, &why, err);
    if (status == OV_OK)
        status = ledger_write_list(service, id, *key, &subjects, &unreadable, &why);
    if (status != OV_OK && erasure_is_lost(&why))
        return waive(erasing, WAIVER_LEDGER_KEY_LOST, &why, err);
    if (status != OV_OK)
        return ov_fail(err, why.status, why.code, "%s", why.text);
    return unreadable > 0 ? tell_unreadable(service, id, err) : OV_OK;
}

static enum ov_status begin_and_write_ledger(struct erasing *erasing, struct ov_error *err)
{
    struct service *service = erasing->service;
    const struct ov_id *id = &erasing->deployment.id;
    struct vault_key *key = NULL;
    enum ov_status status = store_erasure_begin(
        service->store, id, erasing->by_command ? &erasing->actor->principal.id : NULL, err);
    if (status == OV_OK)
        status = write_or_waive(erasing, &key, err);
    vault_key_free(key);
    if (status == OV_OK)
        status = store_erasure_get(service->store, id, &erasing->at, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = step_event(erasing, "erasure.begun");
    audit_event_code(event, "ledger", erasure_ledger_name(erasing->at.ledger));
    if (!ov_id_is_zero(&erasing->at.waiver_id))
        audit_event_id(event, "waiver", &erasing->at.waiver_id);
    audit_event_int(event, "subjects", erasing->at.subjects);
    audit_event_int(event, "unreadable", erasing->at.unreadable);
    audit_event_int(event, "entries", erasing->at.entries);
    audit_event_int(event, "images", erasing->at.images);
    audit_event_int(event, "image_digests", erasing->at.image_digests);
    audit_event_int(event, "unreadable_images", erasing->at.unreadable_images);
    audit_event_int(event, "due_at_us", erasing->at.due_at_us);
    status = audit_event_write(service->store, event, err);
    return status == OV_OK ? erasure_end_alarm(service, ERASURE_ALARM_KEY, id, err) : status;
}

/* --- step 2: the key --- */

/* A key that was there as the erasure began is this erasure's to destroy: it may be gone because
 * this step was killed before it was noted. One that was not there may have been put back. */
static enum ov_status keys_to_destroy(const struct erasing *erasing, int64_t *ret_keys,
                                      struct ov_error *err)
{
    struct ov_error why = OV_ERROR_INIT;
    struct vault_key *key = NULL;
    *ret_keys = 1;
    if (erasing->at.key_missing_at_us == 0)
        return OV_OK;
    enum ov_status status = vault_key_load(erasing->service->vault, VAULT_WATCHLIST,
                                           &erasing->deployment.id, &key, &why);
    vault_key_free(key);
    if (status != OV_OK && erasure_is_lost(&why)) {
        *ret_keys = 0;
        return OV_OK;
    }
    return status == OV_OK ? OV_OK : ov_fail(err, why.status, why.code, "%s", why.text);
}

static enum ov_status destroy_key(struct erasing *erasing, struct ov_error *err)
{
    struct service *service = erasing->service;
    const struct ov_id *id = &erasing->deployment.id;
    int64_t keys = 0;
    enum ov_status status = keys_to_destroy(erasing, &keys, err);
    if (status == OV_OK)
        status = vault_key_destroy(service->vault, VAULT_WATCHLIST, id, err);
    if (status == OV_OK)
        status = store_erasure_key_destroyed(service->store, id, keys, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = step_event(erasing, "erasure.key_destroyed");
    audit_event_int(event, "keys", keys);
    return audit_event_write(service->store, event, err);
}

/* --- step 3: the tables --- */

static enum ov_status drop_tables(struct erasing *erasing, struct ov_error *err)
{
    struct service *service = erasing->service;
    enum ov_status status = store_watchlist_erase(service->store, &erasing->deployment.id, err);
    if (status != OV_OK)
        return status;
    return audit_event_write(service->store, step_event(erasing, "erasure.tables_dropped"), err);
}

/* --- step 4: look, and certify --- */

static enum ov_status check_nothing_left(struct erasing *erasing, struct ov_error *err)
{
    struct service *service = erasing->service;
    const struct ov_id *id = &erasing->deployment.id;
    bool key_exists = true;
    int64_t left = -1;
    enum ov_status status =
        vault_key_is_there(service->vault, VAULT_WATCHLIST, id, &key_exists, err);
    if (status == OV_OK)
        status = store_list_left(service->store, id, &left, err);
    if (status == OV_OK && (key_exists || left != 0))
        status = ov_fail(err, OV_ERR_STATE, "erasure.left",
                         "something of the list is left (key file: %s; tables and rows: %lld); it "
                         "is not certified as erased",
                         key_exists ? "yes" : "no", (long long)left);
    return status;
}

static struct audit_document *certificate(const struct erasing *erasing)
{
    const struct list_erasure *at = &erasing->at;
    struct audit_document *document =
        audit_document_new("deletion_certificate", &erasing->deployment.id);
    audit_document_text(document, "class", vault_class_name(VAULT_WATCHLIST));
    audit_document_object(document, "counts");
    audit_document_int(document, "entries", at->entries);
    audit_document_int(document, "images", at->images);
    audit_document_int(document, "keys", at->keys);
    audit_document_end(document);
    audit_document_object(document, "ledger");
    audit_document_int(document, "image_digests", at->image_digests);
    audit_document_text(document, "outcome", erasure_ledger_name(at->ledger));
    audit_document_int(document, "subjects", at->subjects);
    audit_document_int(document, "unreadable", at->unreadable);
    audit_document_int(document, "unreadable_images", at->unreadable_images);
    if (!ov_id_is_zero(&at->waiver_id))
        audit_document_id(document, "waiver", &at->waiver_id);
    audit_document_end(document);
    audit_document_object(document, "times_us");
    audit_document_int(document, "begun", at->begun_at_us);
    audit_document_int(document, "due", at->due_at_us);
    audit_document_int(document, "key_destroyed", at->key_destroyed_at_us);
    if (at->key_missing_at_us != 0)
        audit_document_int(document, "key_missing", at->key_missing_at_us);
    audit_document_int(document, "ledger", at->ledger_at_us);
    audit_document_int(document, "tables_dropped", at->dropped_at_us);
    audit_document_end(document);
    return document;
}

static enum ov_status certify(struct erasing *erasing, struct ov_error *err)
{
    struct service *service = erasing->service;
    const struct ov_id *id = &erasing->deployment.id;
    uint8_t digest[OV_DIGEST_BYTES];
    enum ov_status status = check_nothing_left(erasing, err);
    if (status == OV_OK)
        status = audit_document_write(service->store, certificate(erasing), digest, err);
    if (status == OV_OK)
        status = store_erasure_certified(service->store, id, digest, err);
    if (status == OV_OK)
        status = store_deployment_set_state(service->store, id, DEPLOYMENT_ERASED,
                                            act_now_us(service), err);
    if (status == OV_OK)
        status = store_erasure_get(service->store, id, &erasing->at, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = step_event(erasing, "erasure.certified");
    audit_event_digest(event, "certificate", digest, sizeof(digest));
    audit_event_int(event, "entries", erasing->at.entries);
    audit_event_int(event, "images", erasing->at.images);
    audit_event_int(event, "subjects", erasing->at.subjects);
    audit_event_int(event, "due_at_us", erasing->at.due_at_us);
    audit_event_int(event, "keys", erasing->at.keys);
    audit_event_int(event, "key_destroyed_at_us", erasing->at.key_destroyed_at_us);
    audit_event_int(event, "tables_dropped_at_us", erasing->at.dropped_at_us);
    return audit_event_write(service->store, event, err);
}

/* --- one step after the other --- */

struct step {
    const char *name;
    enum ov_status (*take)(struct erasing *erasing, struct ov_error *err);
};

/* The first that has not been done. */
static const struct step *next_step(const struct list_erasure *at)
{
    static const struct step steps[] = {{"ledger", begin_and_write_ledger},
                                        {"key", destroy_key},
                                        {"tables", drop_tables},
                                        {"certificate", certify}};
    if (at->begun_at_us == 0)
        return &steps[0];
    if (at->key_destroyed_at_us == 0)
        return &steps[1];
    return at->dropped_at_us == 0 ? &steps[2] : &steps[3];
}

/* Locks the deployment, so that two who erase the same list take turns, and reads how far it is. */
static enum ov_status look(struct erasing *erasing, const struct ov_id *id, struct ov_error *err)
{
    struct ov_error none = OV_ERROR_INIT;
    struct store *store = erasing->service->store;
    enum ov_status status = store_deployment_get(store, id, true, &erasing->deployment, err);
    if (status != OV_OK)
        return status;
    erasing->at = (struct list_erasure){.begun_at_us = 0};
    status = store_erasure_get(store, id, &erasing->at, &none);
    if (status == OV_ERR_NOT_FOUND)
        return OV_OK;
    return status == OV_OK ? OV_OK : ov_fail(err, none.status, none.code, "%s", none.text);
}

static enum ov_status take_step(struct erasing *erasing, const struct ov_id *id,
                                struct ov_error *err)
{
    char text[OV_ID_TEXT_SIZE];
    enum ov_status status = act_begin(erasing->service, err);
    if (status != OV_OK)
        return status;
    const struct step *step = NULL;
    status = look(erasing, id, err);
    if (status == OV_OK && erasing->deployment.state == DEPLOYMENT_ERASED) {
        erasing->done = true;
        return act_end(erasing->service, OV_OK, err);
    }
    if (status == OV_OK) {
        step = next_step(&erasing->at);
        status = step->take(erasing, err);
    }
    status = act_end(erasing->service, status, err);
    if (status == OV_OK && step != NULL)
        ov_log(OV_LOG_INFO, "erasure", "step", "step=%s deployment=%s", step->name,
               ov_id_format(id, text));
    return status;
}

static void tell_key_gone(struct service *service, const struct ov_id *id)
{
    struct alarm_subject subject = {.code = ERASURE_ALARM_KEY, .deployment_id = id};
    struct ov_error err = OV_ERROR_INIT;
    if (service_alarm_raise(service, act_server(), &subject, &err) != OV_OK)
        ov_log_error(OV_LOG_ERROR, "erasure", "alarm_not_raised", &err);
}

static enum ov_status erase(struct erasing *erasing, const struct ov_id *id, struct ov_error *err)
{
    enum ov_status status = OV_OK;
    while (status == OV_OK && !erasing->done)
        status = take_step(erasing, id, err);
    if (status != OV_OK && strcmp(err->code, ERASURE_ALARM_KEY) == 0)
        tell_key_gone(erasing->service, id);
    return status;
}

/* --- by command --- */

/* What a command may be told before anything is locked; each step looks again. */
static enum ov_status check_erasable(struct service *service, const struct ov_id *id,
                                     struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = store_deployment_get(service->store, id, false, &deployment, err);
    if (status == OV_OK && deployment.state == DEPLOYMENT_ERASED)
        status =
            ov_fail(err, OV_ERR_STATE, "erasure.done", "the deployment's list is erased already");
    return status;
}

enum ov_status service_erase_list(struct service *service, const struct actor *actor,
                                  const struct ov_id *deployment_id, struct list_erasure *ret,
                                  struct ov_error *err)
{
    struct erasing erasing = {.service = service, .actor = actor, .by_command = true};
    enum ov_status status = check_permission(actor, ACTION_ERASURE_RUN, err);
    if (status == OV_OK)
        status = check_erasable(service, deployment_id, err);
    if (status == OV_OK)
        status = erase(&erasing, deployment_id, err);
    if (status == OV_OK)
        status = store_erasure_get(service->store, deployment_id, ret, err);
    if (status == OV_OK)
        status = erasure_end_alarm(service, ERASURE_ALARM_LIST, deployment_id, err);
    return status;
}

enum ov_status service_erasure_get(struct service *service, const struct actor *actor,
                                   const struct ov_id *deployment_id, struct list_erasure *ret,
                                   struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = check_permission(actor, ACTION_ERASURE_CHECK, err);
    if (status == OV_OK)
        status = store_deployment_get(service->store, deployment_id, false, &deployment, err);
    return status == OV_OK ? store_erasure_get(service->store, deployment_id, ret, err) : status;
}

/* --- by the keeper --- */

static enum ov_status erase_due_list(struct service *service, const struct erasure_due *due,
                                     struct ov_error *err)
{
    struct erasing erasing = {.service = service, .actor = act_server()};
    return erase(&erasing, &due->deployment_id, err);
}

enum ov_status service_erase_due_lists(struct service *service, struct ov_error *err)
{
    static const struct erasure_kind kind = {"list", ERASURE_ALARM_LIST, store_erasure_each_due,
                                             erase_due_list};
    return erasure_run_due(service, &kind, err);
}
