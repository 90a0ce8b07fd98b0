/*
 * Lists that grow, page by page: "limit" and "after" in the query, "next" in the answer, null on
 * the last page. What "after" holds is the server's business: whoever asks passes "next" on as it
 * came.
 */
#ifndef OVERT_SERVER_API_PAGE_H
#define OVERT_SERVER_API_PAGE_H

#include <jansson.h>

#include "server/api/request.h"

#define PAGE_LIMIT_MAX 500
#define PAGE_LIMIT_DEFAULT 100

struct page {
    int limit;
    bool has_after;
    struct ov_id after; /* the last one of the page before */
};

/* For a request that takes these two parameters and no others. */
OV_CHECKED enum ov_status page_read(struct request *request, struct page *ret,
                                    struct ov_error *err);
/* For one that takes "state" too, which is "all" or, as without it, current. */
OV_CHECKED enum ov_status page_read_state(struct request *request, const char *current,
                                          struct page *ret, bool *ret_all, struct ov_error *err);
/* For one that checks its parameters itself. */
OV_CHECKED enum ov_status page_parse(struct request *request, struct page *ret,
                                     struct ov_error *err);
/* NULL: from the beginning. */
const struct ov_id *page_after(const struct page *page);
/* Answers with {key: rows, "next": ...}, or fails with status. takes rows, on every path; last: the
 * id of the last of them. */
OV_CHECKED enum ov_status page_reply(struct request *request, const struct page *page,
                                     const char *key, json_t *take_rows, const struct ov_id *last,
                                     enum ov_status status, struct ov_error *err);
/* The value of "next" after a page of count, the last of which is last. */
json_t *page_next(const struct page *page, size_t count, const struct ov_id *last);

#endif
