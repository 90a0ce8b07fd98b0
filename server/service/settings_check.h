/*
 * What the rules demand of operating settings that somebody wants. Pure. Private to service/, and
 * to its tests.
 */
#ifndef OVERT_SERVER_SERVICE_SETTINGS_CHECK_H
#define OVERT_SERVER_SERVICE_SETTINGS_CHECK_H

#include "server/service/settings_compare.h"

/* "settings.threshold", ".cool_down", ".min_face", ".gate", ".cameras", ".zone". */
OV_CHECKED enum ov_status settings_check(const struct deployment *deployment,
                                         const struct operating_settings *wanted,
                                         struct ov_error *err);

#endif
