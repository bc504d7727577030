/* SPDX-License-Identifier: MIT */
/* spec.h - what to audit, as the user says it: on the command line, or in a line of a batch. */
#ifndef MA_SPEC_H
#define MA_SPEC_H

#include "arena.h"
#include "mailaudit/check.h"

#include <stdio.h>

#define MA_SPEC_LIST_MAX 256 /* addresses or selectors of one target */

/* All strings are valid and live in the arena of whoever filled it in, or longer. */
struct ma_spec {
    const char *domain, *unicode; /* A-labels, U-labels */
    const char **addresses;       /* IP addresses or host names */
    size_t address_count, address_room;
    const char *sender, *helo; /* or NULL; a sender of "" is the null reverse-path, <> */
    const char **selectors;
    size_t selector_count, selector_room;
    bool role_given;
    enum ma_role role;
    int64_t now_secs;   /* the audit's clock */
    int64_t audited_at; /* -1: do not stamp */
    const char *label;  /* or NULL */
    uint32_t line;      /* of a batch's input, or 0 */
};

/* Each takes the text of a user, checks it and says in err what is wrong with it. */
bool ma_spec_set_domain(struct ma_spec *, struct ma_arena *, const char *text, FILE *err);
bool ma_spec_add_address(struct ma_spec *, struct ma_arena *, const char *text, FILE *err);
bool ma_spec_add_selector(struct ma_spec *, struct ma_arena *, const char *text, FILE *err);
/* With or without angle brackets; "" and "<>" are the null reverse-path (RFC 5321 4.5.5). */
bool ma_spec_set_sender(struct ma_spec *, struct ma_arena *, const char *text, FILE *err);
bool ma_spec_set_helo(struct ma_spec *, struct ma_arena *, const char *text, FILE *err);
bool ma_spec_set_role(struct ma_spec *, const char *text, FILE *err);
/* When all is known: do the parts fit together? A null sender needs a HELO name, as that is whose
   policy counts then (RFC 7208 2.4). */
bool ma_spec_check(const struct ma_spec *, FILE *err);

#endif
