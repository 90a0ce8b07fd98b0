/* Connecting, checking, and sealing batch by batch. */
#include "server/audit/sealer/sealer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "server/audit/log/checkpoint.h"
#include "server/audit/sealer/database.h"
#include "server/audit/sealer/kept.h"

#define BATCH_MAX 1000           /* events: some 60 MB at their very largest */
#define ROUNDS_TO_FORGOTTEN 1200 /* ten minutes of quiet ones */

struct sealer {
    struct sealer_options options;
    struct note_signer *signer;
    bool has_kept;
    struct checkpoint kept; /* the last one signed here */
    struct database *database;
    int64_t epoch;
    struct tree_edge edge; /* of the log as it is in the database */
    unsigned rounds;
};

enum ov_status sealer_new(const struct sealer_options *options, struct sealer **ret,
                          struct ov_error *err)
{
    struct sealer *sealer = calloc(1, sizeof(*sealer));
    if (sealer == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    sealer->options = *options;
    enum ov_status status =
        note_signer_load(options->key, options->origin, NOTE_KEY_SIGNER, &sealer->signer, err);
    if (status == OV_OK)
        status = kept_read(options->state, note_signer_key(sealer->signer), &sealer->has_kept,
                           &sealer->kept, err);
    if (status != OV_OK) {
        sealer_free(sealer);
        return status;
    }
    *ret = sealer;
    return OV_OK;
}

void sealer_free(struct sealer *sealer)
{
    if (sealer == NULL)
        return;
    database_close(sealer->database);
    note_signer_free(sealer->signer);
    free(sealer);
}

/* --- connecting --- */

/* The edge is the one of the leaves that are stored. */
static enum ov_status check_stored(struct sealer *sealer, struct ov_error *err)
{
    struct tree_nodes nodes = database_nodes(sealer->database);
    struct tree_hash stored;
    struct tree_hash root = tree_root(&sealer->edge);
    enum ov_status status = tree_root_of(&nodes, sealer->edge.size, &stored, err);
    if (status == OV_OK && !tree_hash_equal(&stored, &root))
        status = ov_fail(err, OV_ERR_CRYPTO, "sealer.log",
                         "the leaves in the database are not those of its own root: somebody "
                         "changed them. Nothing is sealed; compare it with its replica");
    return status;
}

static enum ov_status check_kept(struct sealer *sealer, struct ov_error *err)
{
    struct tree_nodes nodes = database_nodes(sealer->database);
    struct tree_hash root;
    if (!sealer->has_kept)
        return OV_OK;
    if (sealer->edge.size < sealer->kept.size)
        return ov_fail(err, OV_ERR_CRYPTO, "sealer.rolled_back",
                       "the log has %" PRIu64 " events, but one with %" PRIu64
                       " was signed: the database was set back. Nothing is sealed; bring back the "
                       "newer database, or keep both and begin a log with another name",
                       sealer->edge.size, sealer->kept.size);
    enum ov_status status = tree_root_of(&nodes, sealer->kept.size, &root, err);
    if (status == OV_OK && !tree_hash_equal(&root, &sealer->kept.root))
        status = ov_fail(err, OV_ERR_CRYPTO, "sealer.forked",
                         "the first %" PRIu64 " events of the log are not those that were signed: "
                         "the database was changed. Nothing is sealed; compare it with its replica",
                         sealer->kept.size);
    return status;
}

/* What is on no list of what is to be sealed was taken off it by hand. */
static enum ov_status list_forgotten(struct sealer *sealer, struct ov_error *err)
{
    int64_t forgotten = 0;
    enum ov_status status = database_list_forgotten(sealer->database, &forgotten, err);
    if (status == OV_OK && forgotten > 0)
        ov_log(OV_LOG_WARNING, "sealer", "forgotten", "events=%" PRId64, forgotten);
    return status;
}

static enum ov_status take_over(struct sealer *sealer, struct ov_error *err)
{
    enum ov_status status = database_take_over(sealer->database, &sealer->epoch, err);
    if (status == OV_OK)
        status = database_log(sealer->database, &sealer->edge, err);
    if (status == OV_OK)
        status = check_stored(sealer, err);
    if (status == OV_OK)
        status = check_kept(sealer, err);
    if (status == OV_OK)
        status = list_forgotten(sealer, err);
    return status;
}

enum ov_status sealer_connect(struct sealer *sealer, struct ov_error *err)
{
    database_close(sealer->database);
    sealer->database = NULL;
    enum ov_status status = database_open(sealer->options.conninfo, &sealer->database, err);
    if (status == OV_OK)
        status = take_over(sealer, err);
    if (status == OV_OK)
        ov_log(OV_LOG_INFO, "sealer", "connected", "epoch=%" PRId64 " size=%" PRIu64, sealer->epoch,
               sealer->edge.size);
    return status;
}

/* --- sealing --- */

struct sealing {
    struct tree_edge edge;
    struct batch batch;
};

static void on_node(void *ctx, unsigned level, uint64_t index, const struct tree_hash *hash)
{
    batch_add_node(ctx, level, index, hash);
}

static enum ov_status on_event(void *ctx, const struct ov_id *id, const void *body, size_t size)
{
    struct sealing *sealing = ctx;
    struct tree_hash leaf = tree_leaf(body, size);
    batch_add_event(&sealing->batch, id, &leaf);
    tree_append(&sealing->edge, &leaf, on_node, &sealing->batch);
    return OV_OK;
}

/* Signed before it is stored, kept after: a signature on what was not stored never leaves. */
static enum ov_status seal(struct sealer *sealer, struct sealing *sealing, struct ov_error *err)
{
    struct checkpoint checkpoint = {.size = sealing->edge.size, .root = tree_root(&sealing->edge)};
    struct ov_buf note = OV_BUF_INIT;
    memcpy(checkpoint.origin, note_signer_key(sealer->signer)->name, sizeof(checkpoint.origin));
    enum ov_status status = checkpoint_sign(&checkpoint, sealer->signer, &note, err);
    if (status == OV_OK)
        status = database_seal(sealer->database, sealer->epoch, &sealer->edge, &sealing->edge,
                               &sealing->batch, note.data, err);
    if (status == OV_OK) {
        sealer->edge = sealing->edge;
        status = ov_file_replace(sealer->options.state, 0600, note.data, note.length, err);
    }
    if (status == OV_OK) {
        sealer->kept = checkpoint;
        sealer->has_kept = true;
    }
    ov_buf_free(&note);
    return status;
}

enum ov_status sealer_round(struct sealer *sealer, size_t *ret_sealed, bool *ret_more,
                            struct ov_error *err)
{
    struct sealing sealing = {.edge = sealer->edge};
    batch_init(&sealing.batch);
    enum ov_status status = database_unsealed(sealer->database, BATCH_MAX, on_event, &sealing, err);
    if (status == OV_OK && sealing.batch.count > 0)
        status = seal(sealer, &sealing, err);
    if (status == OV_OK) {
        *ret_sealed = sealing.batch.count;
        *ret_more = sealing.batch.count == BATCH_MAX;
    }
    batch_done(&sealing.batch);
    return status;
}
