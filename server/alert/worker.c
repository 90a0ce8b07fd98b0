/* Helpers of the alert workers: retrying, re-sealing, digests. */
#include "server/alert/worker.h"

#include <time.h>

#include <openssl/evp.h>

#include "common/base/log.h"

#define FIRST_WAIT_MS 50
#define LONGEST_WAIT_MS 5000
#define SLICE_MS 50

const struct actor *worker_actor(void)
{
    static const struct actor server = {.is_server = true};
    return &server;
}

bool worker_may_retry(enum ov_status status)
{
    return status == OV_ERR_UNAVAILABLE || status == OV_ERR_TIMEOUT || status == OV_ERR_CONFLICT ||
           status == OV_ERR_NOMEM || status == OV_ERR_IO;
}

static bool sleep_ms(const struct alert_worker *worker, int ms)
{
    for (int slept = 0; slept < ms; slept += SLICE_MS) {
        struct timespec slice = {0, SLICE_MS * 1000000L};
        if (atomic_load(worker->stopping))
            return false;
        (void)nanosleep(&slice, NULL);
    }
    return !atomic_load(worker->stopping);
}

bool worker_wait(struct alert_worker *worker, int attempt)
{
    struct ov_error err = OV_ERROR_INIT;
    int wait_ms = FIRST_WAIT_MS;
    for (int i = 0; i < attempt && wait_ms < LONGEST_WAIT_MS; i++)
        wait_ms *= 2;
    store_rollback(worker->store);
    if (!sleep_ms(worker, wait_ms < LONGEST_WAIT_MS ? wait_ms : LONGEST_WAIT_MS))
        return false;
    if (store_ensure(worker->store, &err) != OV_OK && attempt % 8 == 0)
        ov_log_error(OV_LOG_WARNING, "alert", "database_down", &err);
    return true;
}

enum ov_status worker_reseal(const struct vault_key *from, const char *from_column,
                             const struct ov_id *from_row, struct store_bytes sealed,
                             const struct vault_key *to, const char *to_column,
                             const struct ov_id *to_row, struct ov_secret *ret_sealed,
                             struct ov_error *err)
{
    struct ov_secret open = OV_SECRET_INIT;
    if (sealed.size == 0)
        return OV_OK;
    enum ov_status status =
        vault_unseal(from, from_column, from_row, sealed.data, sealed.size, &open, err);
    if (status == OV_OK)
        status = vault_seal(to, to_column, to_row, open.data, open.size, ret_sealed, err);
    ov_secret_free(&open);
    return status;
}

void worker_event_digest(struct audit_event *event, const char *key, const struct ov_secret *sealed)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (sealed->size > 0 &&
        EVP_Digest(sealed->data, sealed->size, digest, &size, EVP_sha256(), NULL) == 1)
        audit_event_digest(event, key, digest, size);
}
