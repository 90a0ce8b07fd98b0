/* The handlers of cmd_approve.c, for the table in cmd_watchlist.c, and what both use. */
#ifndef OVERT_SERVER_CTL_CMD_APPROVE_H
#define OVERT_SERVER_CTL_CMD_APPROVE_H

#include "server/ctl/ctl.h"

struct invocation;

/* An entry's (or image's) id is checked here: it goes into a URL. "usage.entry". */
OV_CHECKED enum ctl_exit ctl_check_entry(const char *text, char ret_id[OV_ID_TEXT_SIZE],
                                         struct ov_error *err);

enum ctl_exit cmd_watchlist_open(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_watchlist_approve(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_watchlist_decide(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_watchlist_review(struct ctl *, const struct invocation *, struct ov_error *);

#endif
