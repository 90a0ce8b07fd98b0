/*
 * The membership ledger: "was I on a list that day?", and "have we listed this person before?",
 * answered without keeping a list. A subject stands in it under a pseudonym, the same on every
 * list; nothing outside the sealed watchlist links a pseudonym to an entry, so it never tells who
 * was seen where. References are guessable to whoever holds the key: opening the ledger is for the
 * rules that need it, never for an answer about a reference that nobody asked about on the record.
 */
#ifndef OVERT_SERVER_SERVICE_LEDGER_H
#define OVERT_SERVER_SERVICE_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/id.h"
#include "common/base/secret.h"
#include "common/base/status.h"
#include "server/store/ledger.h"
#include "server/vault/ledger_key.h"

struct service;

/*
 * Reads the key (service->ledger_key is its path) and proves it against the database:
 * "ledger.no_key", "ledger.key_mode", "ledger.bad_key", "ledger.wrong_key", "ledger.not_set_up".
 * Close it with ledger_key_free as soon as the answer is there; ledger_key_pseudonym makes the
 * pseudonyms.
 */
OV_CHECKED enum ov_status ledger_open(struct service *service, struct ledger_key **ret_key,
                                      struct ov_error *err);

/* Once for an installation ("overtd bootstrap", "overtd ledger-key"): makes the key's file unless
 * it is there, and notes the key. Fine when all is done already; "ledger.wrong_key" when the file
 * is another key, "ledger.no_key" when the file of a noted key is missing: it is never made anew.
 */
OV_CHECKED enum ov_status service_ledger_init(struct service *service, struct ov_error *err);

/*
 * For a membership query: the erased lists that held the pseudonym on a day (days since 1970-01-01
 * in UTC, or MEMBERSHIP_ANY_DAY), of one deployment or (NULL) of any. A list that is not erased yet
 * is not in the ledger: ask its entries. Records nothing: whoever asks does.
 */
OV_CHECKED enum ov_status
service_ledger_lists(struct service *service, const uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES],
                     int32_t day, const struct ov_id *deployment_id,
                     enum ov_status (*on_list)(void *ctx, const struct membership *), void *ctx,
                     struct ov_error *err);

/* --- private to service/ --- */

/* The digest of an image that is being added, sealed for its row with its list's key. Empty where
 * the ledger's key cannot be read just now: it is computed from the image when it is needed. */
struct vault_key;
OV_CHECKED enum ov_status ledger_image_seal(struct service *service,
                                            const struct vault_key *list_key,
                                            const struct ov_id *image_id, struct store_bytes jpeg,
                                            struct ov_secret *ret_sealed, struct ov_error *err);
/* Opens it, or the image where there is none. OV_ERR_CRYPTO: altered in the database. */
OV_CHECKED enum ov_status ledger_image_open(const struct ledger_key *ledger,
                                            const struct vault_key *list_key,
                                            const struct listed_image *row,
                                            uint8_t ret[LEDGER_IMAGE_BYTES], struct ov_error *err);

/* Rows for the ledger, pseudonyms or digests: collected, then sorted, so that what travels to the
 * database has no order to tell. */
#define LEDGER_ROW_BYTES LEDGER_PSEUDONYM_BYTES
_Static_assert(LEDGER_ROW_BYTES == LEDGER_IMAGE_BYTES, "both are rows");
OV_CHECKED enum ov_status ledger_collect(struct ov_buf *list, const uint8_t row[LEDGER_ROW_BYTES],
                                         struct ov_error *err);
/* Borrowed from the list. */
struct store_bytes ledger_sorted(struct ov_buf *list);

/* In the open transaction of an erasure that has begun: the pseudonyms of every subject ever
 * approved, sorted, all at once, then likewise the digests of their images. What does not open is
 * counted by the database too; ret_unreadable: references and images of that kind. */
OV_CHECKED enum ov_status ledger_write_list(struct service *service,
                                            const struct ov_id *deployment_id,
                                            const struct vault_key *list_key, int64_t *ret_subjects,
                                            int64_t *ret_unreadable, struct ov_error *err);
/* Its second half. */
OV_CHECKED enum ov_status ledger_write_images(struct service *service,
                                              const struct ov_id *deployment_id,
                                              const struct ledger_key *ledger,
                                              const struct vault_key *list_key,
                                              int64_t *ret_unreadable, struct ov_error *err);

#endif
