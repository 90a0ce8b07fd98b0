/* Suspending and reactivating sites: in the table of "site", handled with the people. */
#ifndef OVERT_SERVER_CTL_CMD_PEOPLE_H
#define OVERT_SERVER_CTL_CMD_PEOPLE_H

#include "server/ctl/ctl.h"

struct invocation;

enum ctl_exit cmd_site_suspend(struct ctl *ctl, const struct invocation *given,
                               struct ov_error *err);
enum ctl_exit cmd_site_reactivate(struct ctl *ctl, const struct invocation *given,
                                  struct ov_error *err);

#endif
