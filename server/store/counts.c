/* Counts per minute, as sites report them and as this server counts them. */
#include "server/store/alerts.h"
#include "server/store/statement.h"

/* The columns of audit.minute_count, in order; a new reason needs a migration. */
_Static_assert(OV_REJECT_COUNT == 8 && OV_QUALITY_TOO_SMALL == 1 && OV_QUALITY_CUT_OFF == 2 &&
                   OV_QUALITY_TURNED == 3 && OV_QUALITY_TOO_DARK == 4 &&
                   OV_QUALITY_TOO_BRIGHT == 5 && OV_QUALITY_BLURRED == 6 && OV_REJECT_CAPACITY == 7,
               "counts_add.sql names these reasons in this order");

enum ov_status store_counts_add(struct store *store, const struct ov_id *deployment_id,
                                const struct ov_id *site_id, const struct ov_counts *counts,
                                struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, site_id);
    params_id(&params, &counts->run_id);
    params_text(&params, counts->camera);
    params_time(&params, counts->minute_us);
    params_i64(&params, counts->faces_seen);
    params_i64(&params, counts->probes_sent);
    for (int reason = OV_QUALITY_TOO_SMALL; reason < OV_REJECT_COUNT; reason++)
        params_i64(&params, counts->rejected[reason]);
    return statement_run(store, STATEMENT_COUNTS_ADD, &params, NULL, err);
}

enum ov_status store_server_counts_add(struct store *store, const struct server_counts *counts,
                                       struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, &counts->server_run);
    params_id(&params, &counts->deployment_id);
    params_id(&params, &counts->site_id);
    params_time(&params, counts->minute_us);
    params_i64(&params, counts->probes_compared);
    params_i64(&params, counts->alerts);
    params_i64(&params, counts->suppressed);
    return statement_run(store, STATEMENT_SERVER_COUNTS_ADD, &params, NULL, err);
}
