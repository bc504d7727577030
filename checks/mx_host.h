/* SPDX-License-Identifier: MIT */
/*
 * mx_host.h - one mail exchanger: its look-ups and what they say. Pure, as checks are; strings
 * returned belong to the run.
 */
#ifndef MA_MX_HOST_H
#define MA_MX_HOST_H

#include <mailaudit/check.h>

/* What can be said of a host; those up to MX_HOST_DEAD_LAST cannot take mail from outside. */
enum mx_host_state {
    MX_HOST_LITERAL, /* an address instead of a name */
    MX_HOST_LOCALHOST,
    MX_HOST_WITHOUT_ADDRESS,
    MX_HOST_SPECIAL_ONLY, /* none of its addresses is public */
    MX_HOST_DEAD_LAST = MX_HOST_SPECIAL_ONLY,
    MX_HOST_UNKNOWN, /* no public address seen, and a look-up failed */
    MX_HOST_GOOD     /* at least one public address */
};

struct mx_host {
    const char *name;
    uint16_t preference;
    bool repeated;                   /* an earlier record names the same host */
    const struct ma_answer *v4, *v6; /* NULL: nothing to ask for */
    enum mx_host_state state;
    const struct ma_answer *failed;   /* the look-up that failed, or NULL */
    const struct ma_address *special; /* an address that is not public, or NULL */
    bool public_v4;
};

/* Asks for the addresses of host->name. Ask for all hosts, then judge each. */
void mx_host_ask(struct ma_run *, struct mx_host *);
/* Fills state, failed, special and public_v4 from the answers. */
void mx_host_judge(struct mx_host *);

/* The host's own name: where its aliases lead, or the name asked for. */
const char *mx_host_canonical(const struct mx_host *);
bool mx_host_is_alias(const struct mx_host *);
/* "192.0.2.1, 2001:db8::1", or "". */
const char *mx_host_addresses(struct ma_run *, const struct mx_host *);
/* Why no mail can be delivered to it, as a phrase; for the dead states. */
const char *mx_host_fault(struct ma_run *, const struct mx_host *);

#endif
