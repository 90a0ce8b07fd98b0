/* The public notice of a deployment: which one, where it was published, whether it was waived. */
#ifndef OVERT_SERVER_STORE_NOTICES_H
#define OVERT_SERVER_STORE_NOTICES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire/messages.h"
#include "server/store/store.h"

struct notice {
    int revision;                             /* of the application it belongs to */
    uint8_t page_digest[OV_DIGEST_BYTES];     /* of the page's bytes */
    uint8_t document_digest[OV_DIGEST_BYTES]; /* of the document "notice" */
    bool published;                           /* this page, by the newest publication of it */
    uint8_t publication_digest[OV_DIGEST_BYTES];
    struct ov_id published_by;
    int64_t published_at_us;
    bool waived;
    uint8_t waiver_digest[OV_DIGEST_BYTES];
    struct ov_id waived_by;
    int64_t waived_at_us;
};

/* The notice of the deployment's application as it is now. OV_ERR_NOT_FOUND "notice.none". */
OV_CHECKED enum ov_status store_notice_get(struct store *store, const struct ov_id *deployment_id,
                                           struct notice *ret, struct ov_error *err);
/* From row: revision and the two digests. */
OV_CHECKED enum ov_status store_notice_add(struct store *store, const struct ov_id *deployment_id,
                                           const struct notice *row, struct ov_error *err);
/* From row: page_digest and what says who published it when. "notice.exists". */
OV_CHECKED enum ov_status store_notice_publish(struct store *store,
                                               const struct ov_id *deployment_id,
                                               const struct notice *row, struct ov_error *err);
/* From row: what says who waived it when. "notice.same_person", "notice.waived". */
OV_CHECKED enum ov_status store_notice_waive(struct store *store, const struct ov_id *deployment_id,
                                             const struct notice *row, struct ov_error *err);

#endif
