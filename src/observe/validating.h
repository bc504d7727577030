/* SPDX-License-Identifier: MIT */
/*
 * validating.h - libunbound as a source: for the questions that ask for DNSSEC validation, or for
 * full recursion from the root because the configured resolver will not do.
 *
 * It costs ten times what a question to a resolver costs, so nothing is set up before the first
 * such question, and never for the bulk of them. It works in a thread of its own and tells the
 * loop through a descriptor.
 */
#ifndef MA_VALIDATING_H
#define MA_VALIDATING_H

#include "sources.h"

struct ma_validating_options {
    const struct ma_server *servers; /* to validate through; none: recursion for all */
    size_t server_count;
    const char *trust_anchor_file; /* zone-file form, or NULL: the root's keys as built in */
    const char *root_hints_file;   /* or NULL: libunbound's own */
    unsigned question_timeout_msecs;
    const struct ma_keys *keys; /* of block lists, or NULL; borrowed */
    bool all; /* takes every question but those that name a server: --resolver recursive */
};
#define MA_VALIDATING_TIMEOUT_MSECS 12000

/* Takes only questions with validate or recursive, unless all. Borrows strings and servers. */
bool ma_validating_open(
    struct ma_source *, uv_loop_t *, const struct ma_validating_options *, FILE *err);

#endif
