/* An application as JSON. Any thread. */
#ifndef OVERT_SERVER_API_APPLICATION_IN_H
#define OVERT_SERVER_API_APPLICATION_IN_H

#include <jansson.h>

#include "server/api/request.h"
#include "server/service/application.h"

struct application_in {
    struct deployment_application application; /* borrows from root and from here */
    int revision;                              /* of the draft that it replaces; 0 where none is */
    json_t *root;
    const char *sites[DEPLOYMENT_SITES_MAX];
    const char *categories[DEPLOYMENT_CATEGORIES_MAX];
    const char *flags[DEPLOYMENT_FLAGS_MAX];
    struct application_camera cameras[DEPLOYMENT_CAMERAS_MAX];
};

/* The request's body; revision is a member, and required, where with_revision. in->root is to be
 * decref'd, also after a failure. */
OV_CHECKED enum ov_status application_in_read(struct request *request, bool with_revision,
                                              struct application_in *in, struct ov_error *err);

/* Says in the request which member err is about, where the rules know: "application.incomplete". */
void application_in_explain(struct request *request, const struct application_in *in,
                            const struct ov_error *err);

#endif
