/*
 * What every program that uses this folder does first.
 */
#ifndef OVERT_COMMON_NET_INIT_H
#define OVERT_COMMON_NET_INIT_H

#include "common/base/status.h"

/*
 * Gives libevent the wiping allocator, makes it thread-aware, sends its messages to our log, and
 * ignores SIGPIPE. The first call in main, before any other use of libevent and before threads;
 * calling it again does nothing.
 */
OV_CHECKED enum ov_status ov_net_init(void);

#endif
