/*
 * One proposal on its way onto a watchlist: what the files about adding share. Private to service/.
 *
 * watchlist_add.c says in which order things happen, watchlist_addition_check.c what is refused,
 * watchlist_addition_insert.c what is sealed, stored and recorded.
 */
#ifndef OVERT_SERVER_SERVICE_WATCHLIST_ADDITION_H
#define OVERT_SERVER_SERVICE_WATCHLIST_ADDITION_H

#include "server/service/entry_fields.h"
#include "server/service/policy.h"
#include "server/service/portrait.h"
#include "server/service/watchlist.h"
#include "server/vault/vault.h"

struct addition {
    struct service *service;
    const struct actor *actor;
    const struct watchlist_proposal *proposal;
    struct portrait *portrait;
    struct policy policy;
    struct entry_fields fields;
    struct deployment deployment;
    struct vault_key *key;
    uint8_t tag[VAULT_TAG_BYTES]; /* of the photograph; keyed, so that nobody can try others */
    struct ov_id image_id;
    struct ov_secret ledger_digest; /* of the photograph, sealed for the image's row; or empty */
    struct watchlist_entry entry;   /* its sealed fields are empty */
    bool is_new;
    bool is_same;            /* the entry has this very photograph */
    bool differs;            /* from another image of the same subject */
    enum ov_status compared; /* of an entry found: does what is sealed agree? */
    uint8_t
        justification_digest[OV_DIGEST_BYTES]; /* of its sealed bytes, with their random nonce */
    bool has_justification;
    struct ov_error *err;
};

/* --- watchlist_addition_check.c --- */

/* Finds the entry of this reference that is not withdrawn, or an id for a new one. lock: it is not
 * to change before the open transaction ends. */
OV_CHECKED enum ov_status addition_find_entry(struct addition *add, bool lock,
                                              struct ov_error *err);
/*
 * Whether the entry that was found may have this photograph. One that comes again for its reference
 * adds nothing and is no error: whoever was cut off before the answer may send it once more.
 */
OV_CHECKED enum ov_status addition_find_photograph(struct addition *add, struct ov_error *err);
/*
 * Images of one subject have to look like one person: each like every other. Otherwise one
 * reference could carry five people onto the list. Who adds may say why it is the same person all
 * the same; then a second person decides.
 */
OV_CHECKED enum ov_status addition_check_likeness(struct addition *add, struct ov_error *err);
/* Proposed now or ever approved: withdrawing makes no room. */
OV_CHECKED enum ov_status addition_check_room(const struct addition *add, struct ov_error *err);
/* Of the categories that the application named; volunteers may always be listed. */
OV_CHECKED enum ov_status addition_check_category(const struct addition *add, struct ov_error *err);
/*
 * The reason given to take an image against a check, if any. Against the quality gate is for those
 * who answer for lists: whoever may approve entries, though never these.
 */
OV_CHECKED enum ov_status addition_check_override(const struct actor *actor, const char *code,
                                                  bool *ret_quality, struct ov_error *err);

/* --- watchlist_addition_insert.c, in the act's transaction --- */

OV_CHECKED enum ov_status addition_insert_entry(struct addition *add, struct ov_error *err);
OV_CHECKED enum ov_status addition_insert_image(struct addition *add, struct ov_error *err);
OV_CHECKED enum ov_status addition_write_event(struct addition *add, struct ov_error *err);

#endif
