/* What every command works with. */
#include "server/ctl/ctl.h"

#include "server/ctl/api.h"
#include "server/ctl/text.h"

enum ctl_exit ctl_out_of_memory(struct ov_error *err)
{
    (void)ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    return CTL_USAGE;
}

bool ctl_may_pass(enum ctl_exit result, const struct ov_error *err)
{
    if (result != CTL_UNREACHABLE && result != CTL_REFUSED)
        return false;
    return err->status == OV_ERR_UNAVAILABLE || err->status == OV_ERR_TIMEOUT ||
           err->status == OV_ERR_CLOSED || err->status == OV_ERR_INTERNAL;
}

enum ctl_exit ctl_print(struct ov_buf *take_out, struct ov_error *err)
{
    enum ov_status status = OV_ERR_NOMEM;
    if (!take_out->failed)
        status = terminal_write(take_out->data, take_out->length, err);
    ov_buf_free(take_out);
    if (status == OV_ERR_NOMEM)
        return ctl_out_of_memory(err);
    return status == OV_OK ? CTL_OK : CTL_USAGE;
}

enum ctl_exit ctl_find_deployment(struct ctl *ctl, const char *text, char ret_id[OV_ID_TEXT_SIZE],
                                  struct ov_error *err)
{
    struct ov_id id;
    const struct api_place place = {"deployments", text, NULL};
    json_t *deployment = NULL;
    if (ov_id_parse(text, &id) == OV_OK) {
        (void)ov_id_format(&id, ret_id);
        return CTL_OK;
    }
    enum ctl_exit result = api_get_at(ctl->http, &place, &deployment, err);
    if (result != CTL_OK)
        return result;
    if (ov_id_parse(api_text(deployment, "id"), &id) != OV_OK) {
        (void)ov_fail(err, OV_ERR_PROTOCOL, "http.json", "the server's answer has no id");
        result = CTL_UNREACHABLE;
    } else {
        (void)ov_id_format(&id, ret_id);
    }
    json_decref(deployment);
    return result;
}
