/* SPDX-License-Identifier: MIT */
/*
 * data.h - a check's own part of the report: a small tree of JSON values in the audit's arena.
 *
 * It is not jansson's tree because a report has some 400 values and a batch makes thousands of
 * reports a second; parsing (templates, recordings' heads, batch input) is jansson's.
 */
#ifndef MA_DATA_H
#define MA_DATA_H

#include "arena.h"
#include "mailaudit/check.h"

enum ma_data_kind {
    MA_DATA_NULL,
    MA_DATA_BOOL,
    MA_DATA_INT,
    MA_DATA_TEXT,
    MA_DATA_ARRAY,
    MA_DATA_OBJECT
};

struct ma_data {
    enum ma_data_kind kind;
    bool open; /* an object that takes undeclared keys */
    struct ma_arena *arena;
    const char *key; /* of a member of an object, else NULL */
    union {
        bool truth;
        int64_t number;
        struct {
            const char *bytes; /* raw, any byte */
            size_t size;
        } text;
        struct {
            struct ma_data *first, *last;
            const struct ma_data *row; /* an array's template, or NULL */
        } children;
    };
    struct ma_data *next;
};

/* A template from the JSON text of ma_check.empty_result; lives in the arena. NULL: why in err. */
const struct ma_data *ma_data_template(struct ma_arena *, const char *json, const char **err);
struct ma_data *ma_data_clone(struct ma_arena *, const struct ma_data *, const char *key);

/* Reading a tree; the object may be NULL. A member of another kind is as if it were not there. */
const struct ma_data *ma_data_member(const struct ma_data *object, const char *key);  /* or NULL */
const char *ma_data_text(const struct ma_data *object, const char *key);              /* or NULL */
long long ma_data_number(const struct ma_data *object, const char *key);              /* or 0 */
bool ma_data_truth(const struct ma_data *object, const char *key);                    /* or false */
const struct ma_data *ma_data_first(const struct ma_data *object, const char *array); /* or NULL */

#endif
