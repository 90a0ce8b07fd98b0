/* The three parts. Private to notice/: notice_render checks the facts first. */
#ifndef OVERT_SERVER_NOTICE_PARTS_H
#define OVERT_SERVER_NOTICE_PARTS_H

#include "server/notice/notice.h"

OV_CHECKED enum ov_status page_put(struct ov_buf *out, const struct notice_facts *facts,
                                   struct ov_error *err);
OV_CHECKED enum ov_status sign_put(struct ov_buf *out, const struct notice_facts *facts,
                                   struct ov_error *err);
OV_CHECKED enum ov_status leaflet_put(struct ov_buf *out, const struct notice_facts *facts,
                                      struct ov_error *err);

#endif
