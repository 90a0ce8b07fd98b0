/* Notices: carried in and out. */
#include "server/store/notices.h"

#include <string.h>

#include "server/store/statement.h"

static enum ov_status on_notice(void *ctx, struct row *row, struct ov_error *err)
{
    struct notice *ret = ctx;
    memset(ret, 0, sizeof(*ret));
    ret->revision = row_i32(row);
    row_fixed_bytes(row, ret->page_digest, sizeof(ret->page_digest));
    row_fixed_bytes(row, ret->document_digest, sizeof(ret->document_digest));
    row_fixed_bytes(row, ret->publication_digest, sizeof(ret->publication_digest));
    row_id(row, &ret->published_by);
    ret->published_at_us = row_time(row);
    row_fixed_bytes(row, ret->waiver_digest, sizeof(ret->waiver_digest));
    row_id(row, &ret->waived_by);
    ret->waived_at_us = row_time(row);
    ret->published = ret->published_at_us != 0;
    ret->waived = ret->waived_at_us != 0;
    return row_done(row, err);
}

enum ov_status store_notice_get(struct store *store, const struct ov_id *deployment_id,
                                struct notice *ret, struct ov_error *err)
{
    struct notice found;
    int64_t count = 0;
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    enum ov_status status =
        statement_each(store, STATEMENT_NOTICE_GET, &params, on_notice, &found, &count, err);
    if (status == OV_OK && count == 0)
        return ov_fail(err, OV_ERR_NOT_FOUND, "notice.none", "the deployment has no notice");
    if (status == OV_OK)
        *ret = found;
    return status;
}

enum ov_status store_notice_add(struct store *store, const struct ov_id *deployment_id,
                                const struct notice *row, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_i32(&params, row->revision);
    params_bytes(&params, row->page_digest, sizeof(row->page_digest));
    params_bytes(&params, row->document_digest, sizeof(row->document_digest));
    return statement_run(store, STATEMENT_NOTICE_ADD, &params, NULL, err);
}

enum ov_status store_notice_publish(struct store *store, const struct ov_id *deployment_id,
                                    const struct notice *row, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_bytes(&params, row->page_digest, sizeof(row->page_digest));
    params_bytes(&params, row->publication_digest, sizeof(row->publication_digest));
    params_id(&params, &row->published_by);
    params_time(&params, row->published_at_us);
    return statement_run(store, STATEMENT_NOTICE_PUBLISH, &params, NULL, err);
}

enum ov_status store_notice_waive(struct store *store, const struct ov_id *deployment_id,
                                  const struct notice *row, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_bytes(&params, row->waiver_digest, sizeof(row->waiver_digest));
    params_id(&params, &row->waived_by);
    params_time(&params, row->waived_at_us);
    return statement_run(store, STATEMENT_NOTICE_WAIVE, &params, NULL, err);
}
