/*
 * The operating settings of a deployment as a document (kind "settings"): what an authorisation
 * covers with one digest, and what a change replaces. Private to service/.
 */
#ifndef OVERT_SERVER_SERVICE_SETTINGS_H
#define OVERT_SERVER_SERVICE_SETTINGS_H

#include "server/audit/document.h"
#include "server/store/deployments.h"

/* Of the row's threshold, cool-down, gates and model, and these cameras with their zones. NULL when
 * memory is out. */
struct audit_document *settings_document(const struct deployment *deployment,
                                         const struct deployment_camera *cameras,
                                         size_t camera_count);

#endif
