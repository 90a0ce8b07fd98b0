/* Signed acts: checked, asked about, signed with the identity's key. Main thread. */
#include "server/ctl/sign_act.h"

#include "server/ctl/sign.h"

enum ctl_exit sign_act(struct ctl *ctl, json_t *to_sign, const char *question,
                       json_t **ret_signature, struct ov_error *err)
{
    struct identity identity;
    struct ov_buf text = OV_BUF_INIT;
    const char *statement = json_string_value(json_object_get(to_sign, "statement"));
    if (sign_check_documents(to_sign, err) != OV_OK)
        return CTL_REFUSED;
    ov_buf_printf(&text, "You sign: %s\n%s", statement, question);
    enum ov_status status = text.failed
                                ? ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory")
                                : terminal_confirm(&ctl->terminal, ctl->yes, text.data, err);
    ov_buf_free(&text);
    if (status != OV_OK)
        return CTL_USAGE;
    status = identity_open(ctl->server.identity_folder, &identity, err);
    if (status == OV_OK)
        status = sign_statement(&identity, statement, ret_signature, err);
    return status == OV_OK ? CTL_OK : CTL_REFUSED;
}
