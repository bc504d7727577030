/* SPDX-License-Identifier: MIT */
/*
 * rdap_lookup.h - one question to a registry: whose network is this address of? Asked by check rdap
 * for its own report, and by check ptr for whom to ask; the same question is one fetch.
 */
#ifndef MA_RDAP_LOOKUP_H
#define MA_RDAP_LOOKUP_H

#include "rdap_bootstrap.h"
#include "rdap_parse.h"

struct rdap_lookup {
    const char *url;              /* that was asked; NULL: no service is known for the address */
    const struct ma_body *body;   /* NULL with url */
    enum rdap_verdict verdict;    /* of a body with code 200 */
    struct rdap_network *network; /* NULL: none is known (yet) */
};

/* open() of a check that asks: the bootstrap table, by setting "rdap-bootstrap"; to be closed. */
bool rdap_open(const struct ma_setup *, void **state_r);
void rdap_close(void *state);

struct rdap_lookup rdap_ask(
    struct ma_run *, const struct rdap_bootstrap *, const struct ma_sender *);

/* "a@example.net, b@example.net"; "" where there are none. */
const char *rdap_mails_text(struct ma_run *, const struct rdap_mails *);

#endif
