/* SPDX-License-Identifier: MIT */
/*
 * results.h - what others say that they have found: Authentication-Results (RFC 8601) and
 * ARC-Authentication-Results (RFC 8617 4.1.1), read as leniently as they are written. Anybody can
 * put such a field into a message: only that of the own receiver means something.
 */
#ifndef MA_MESSAGE_RESULTS_H
#define MA_MESSAGE_RESULTS_H

#include "gate.h"

#define MA_RESULTS_MAX            16 /* fields */
#define MA_RESULTS_ITEMS_MAX      24 /* of one field */
#define MA_RESULTS_PROPERTIES_MAX 12 /* of one item */

struct ma_result_property {
    const char *name, *value; /* "header.d", lower case; "example.com", as written */
};

struct ma_result_item {
    const char *method, *result; /* "dkim", "pass": lower case */
    struct ma_result_property properties[MA_RESULTS_PROPERTIES_MAX];
    size_t property_count;
};

struct ma_results {
    const struct ma_mail_field *field;
    bool arc;
    unsigned instance;  /* i= of ARC; 0: none */
    const char *server; /* who says so, lower case; "" where the field does not tell */
    struct ma_result_item items[MA_RESULTS_ITEMS_MAX];
    size_t item_count, left_out;
};

struct ma_results_list {
    struct ma_results *list; /* from the top */
    size_t count, left_out;
};

/* All of both kinds; the list is the arena's. */
void ma_results_read(struct ma_results_list *, struct ma_arena *, const struct ma_mail *);

/* The value of a property, or NULL. */
const char *ma_result_property(const struct ma_result_item *, const char *name);

#endif
