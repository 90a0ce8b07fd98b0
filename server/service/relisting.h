/*
 * Who of a list was listed before, and with which image files: pseudonyms and keyed digests of the
 * list's new entries, held against those of other lists, one list after the other. No store and no
 * keys; all of it is wiped when it is freed, and what comes out are marks and counts. Private to
 * service/. One thread.
 */
#ifndef OVERT_SERVER_SERVICE_RELISTING_H
#define OVERT_SERVER_SERVICE_RELISTING_H

#include "common/base/id.h"
#include "server/service/approval.h"
#include "server/vault/ledger_key.h"

struct relisting;

OV_CHECKED enum ov_status relisting_new(struct relisting **ret, struct ov_error *err);
void relisting_free(struct relisting *relisting);

/* --- the list: first its entries, which are numbered from 0, then their images --- */

OV_CHECKED enum ov_status relisting_add_entry(struct relisting *relisting, const struct ov_id *id,
                                              const uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES],
                                              struct ov_error *err);
void relisting_entries_done(struct relisting *relisting);
bool relisting_has_entry(const struct relisting *relisting, const struct ov_id *id);
/* Of an entry that it has. */
OV_CHECKED enum ov_status relisting_add_image(struct relisting *relisting, const struct ov_id *id,
                                              const uint8_t digest[LEDGER_IMAGE_BYTES],
                                              struct ov_error *err);
void relisting_images_done(struct relisting *relisting);

/* --- another list --- */

/* has_images: it has digests at all; lists that were erased before there were any have not. */
void relisting_begin_list(struct relisting *relisting, bool has_images);
void relisting_subject(struct relisting *relisting,
                       const uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES]);
/* of: whose it was. NULL where nobody knows, as in the ledger: then after all subjects of its list,
 * and whoever has the image now counts as who had it, if they were on that list. */
void relisting_image(struct relisting *relisting, const uint8_t digest[LEDGER_IMAGE_BYTES],
                     const uint8_t *of);

/* --- what came of it --- */

struct relisted {
    enum review_images images;
    bool other_reference; /* one of its images was on a list under another one */
};
struct relisted relisting_outcome(const struct relisting *relisting, size_t number);

#endif
