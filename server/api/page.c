/* Pages. */
#include "server/api/page.h"

#include <stdio.h>

#include "server/api/reply.h"
#include <string.h>

enum ov_status page_parse(struct request *request, struct page *ret, struct ov_error *err)
{
    int64_t limit = 0;
    const char *after = request_query_value(request, "after");
    enum ov_status status =
        request_query_i64(request, "limit", 1, PAGE_LIMIT_MAX, PAGE_LIMIT_DEFAULT, &limit, err);
    if (status != OV_OK)
        return status;
    *ret = (struct page){.limit = (int)limit, .has_after = after != NULL};
    if (after == NULL || ov_id_parse(after, &ret->after) == OV_OK)
        return OV_OK;
    (void)snprintf(request->field, sizeof(request->field), "after");
    return ov_fail(err, OV_ERR_INVALID, "request.parameter",
                   "after has to be the next of the page before");
}

enum ov_status page_read(struct request *request, struct page *ret, struct ov_error *err)
{
    static const char *const parameters[] = {"limit", "after", NULL};
    enum ov_status status = request_check_query(request, parameters, err);
    return status == OV_OK ? page_parse(request, ret, err) : status;
}

enum ov_status page_read_state(struct request *request, const char *current, struct page *ret,
                               bool *ret_all, struct ov_error *err)
{
    static const char *const parameters[] = {"state", "limit", "after", NULL};
    enum ov_status status = request_check_query(request, parameters, err);
    if (status != OV_OK)
        return status;
    const char *state = request_query_value(request, "state");
    bool all = state != NULL && strcmp(state, "all") == 0;
    if (state != NULL && !all && strcmp(state, current) != 0) {
        (void)snprintf(request->field, sizeof(request->field), "state");
        return ov_fail(err, OV_ERR_INVALID, "request.parameter", "state is %s or all", current);
    }
    *ret_all = all;
    return page_parse(request, ret, err);
}

const struct ov_id *page_after(const struct page *page)
{
    return page->has_after ? &page->after : NULL;
}

json_t *page_next(const struct page *page, size_t count, const struct ov_id *last)
{
    char text[OV_ID_TEXT_SIZE];
    if (count < (size_t)page->limit || last == NULL)
        return json_null();
    return json_string(ov_id_format(last, text));
}

enum ov_status page_reply(struct request *request, const struct page *page, const char *key,
                          json_t *take_rows, const struct ov_id *last, enum ov_status status,
                          struct ov_error *err)
{
    if (status != OV_OK) {
        json_decref(take_rows);
        return status;
    }
    json_t *next = page_next(page, json_array_size(take_rows), last);
    return reply_json(request, 200, json_pack("{soso}", key, take_rows, "next", next), err);
}
