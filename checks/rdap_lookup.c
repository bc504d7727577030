/* SPDX-License-Identifier: MIT */
#include "rdap_lookup.h"

#define DEADLINE_MSECS 8000

bool rdap_open(const struct ma_setup *setup, void **state_r)
{
    char error[RDAP_ERROR_BYTES_MAX];
    const char *files = ma_setting(setup, "rdap-bootstrap");
    struct rdap_bootstrap *b = rdap_bootstrap_new();

    if (b == NULL) {
        ma_setup_error(setup, "rdap: no memory for the table of services");
        return false;
    }
    if (files != NULL && !rdap_bootstrap_load(b, files, error)) {
        ma_setup_error(setup, "--rdap-bootstrap: %s", error);
        rdap_bootstrap_free(b);
        return false;
    }
    *state_r = b;
    return true;
}

void rdap_close(void *state)
{
    rdap_bootstrap_free(state);
}

struct rdap_lookup rdap_ask(
    struct ma_run *run, const struct rdap_bootstrap *table, const struct ma_sender *sender)
{
    static const struct ma_fetch how = {.cap_bytes = RDAP_BYTES_MAX,
        .follow = true,
        .deadline_msecs = DEADLINE_MSECS,
        .accept = "application/rdap+json"};
    const char *base = rdap_bootstrap_find(table, &sender->address);
    struct rdap_lookup l = {.url = NULL};

    if (base == NULL)
        return l;
    l.url = ma_text(run, "%sip/%s", base, sender->text);
    l.body = ma_https_how(run, &how, l.url);
    if (l.body->status != MA_OK || l.body->code != 200)
        return l;
    l.network = ma_alloc(run, sizeof *l.network);
    l.verdict = rdap_parse(l.network, l.body->bytes, l.body->size, &sender->address);
    if (l.verdict != RDAP_NETWORK)
        l.network = NULL;
    return l;
}

const char *rdap_mails_text(struct ma_run *run, const struct rdap_mails *mails)
{
    const char *text = "";

    for (size_t i = 0; i < mails->count; i++)
        text = ma_text(run, "%s%s%s", text, i > 0 ? ", " : "", mails->list[i]);
    return text;
}
