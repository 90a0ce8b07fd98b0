/*
 * The numbers of a policy by name: one table, which its checks, its document, the API and the
 * sample of a proposal are made from. Pure; any thread.
 */
#ifndef OVERT_SERVER_SERVICE_POLICY_FIELDS_H
#define OVERT_SERVER_SERVICE_POLICY_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "server/store/policies.h"

struct policy_field {
    const char *name; /* as in documents, the API and rule codes */
    size_t offset;    /* of an int, or of a bool when yes_no */
    bool yes_no;
    int min; /* what the database allows, too; unused when yes_no */
    int max;
    const char *help;
};

#define POLICY_FIELD_COUNT 22
const struct policy_field *policy_fields(void); /* POLICY_FIELD_COUNT of them */

int policy_field_get(const struct policy *policy, const struct policy_field *field);
void policy_field_set(struct policy *policy, const struct policy_field *field, int value);

/* Codes of flags that any deployment may carry; each needs the higher authority. Ends with NULL. */
const char *const *policy_deployment_flags(void);

bool policy_codes_have(const struct policy_codes *codes, const char *code);
/* False when it is full, or the code too long or none. */
bool policy_codes_add(struct policy_codes *codes, const char *code);

#define POLICY_THRESHOLD_FLOOR_MIN 0.2f
#define POLICY_THRESHOLD_FLOOR_MAX 0.95f

/* What an installation starts with. Who proposed, decided and when is left zero. */
void policy_defaults(struct policy *ret);

#endif
