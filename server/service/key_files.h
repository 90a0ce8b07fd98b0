/* Key files against their owners: what the sweep destroys and the erasure check reports. Private to
 * service/. */
#ifndef OVERT_SERVER_SERVICE_KEY_FILES_H
#define OVERT_SERVER_SERVICE_KEY_FILES_H

#include "server/vault/vault.h"

struct service;

enum key_file_kind {
    KEY_FILE_OWNED,         /* as it has to be */
    KEY_FILE_PAST,          /* its owner's key was to be destroyed */
    KEY_FILE_WITHOUT_OWNER, /* nothing in the database has it; a young one may be about to */
    KEY_FILE_STRANGE        /* no key by its name: left by an interrupted write, or put there */
};

/* All files of a class, each with what it is. on_file may use the store. */
OV_CHECKED enum ov_status key_files_each(struct service *service, enum vault_class class_id,
                                         enum ov_status (*on_file)(void *ctx,
                                                                   const struct vault_file *file,
                                                                   enum key_file_kind kind),
                                         void *ctx, struct ov_error *err);

#endif
