/* SPDX-License-Identifier: MIT */
/* registry.h - the checks of this process: the built-in ones of checks/meson.build and plug-ins. */
#ifndef MA_REGISTRY_H
#define MA_REGISTRY_H

#include "data.h"
#include "mailaudit/check.h"

#include <stdio.h>

#define MA_CHECKS_MAX 64

struct ma_setting_pair {
    const char *name, *value;
};

struct ma_setup {
    const struct ma_setting_pair *settings;
    size_t setting_count;
    const char *check; /* whose open() runs: error texts name it */
    FILE *err;
};

struct ma_registered {
    const struct ma_check *check;
    const struct ma_data *empty; /* template of its result */
    void *state;
    void *library; /* dlopen handle, or NULL */
    bool enabled;
    bool opened;
};

struct ma_registry {
    struct ma_registered checks[MA_CHECKS_MAX]; /* sorted by name; "audit" (the engine) included */
    size_t count;
    struct ma_arena arena;
};

/* Errors go to err, naming file and reason; false then. */
bool ma_registry_init(struct ma_registry *, FILE *err);
bool ma_registry_load(struct ma_registry *, const char *file, FILE *err);    /* a plug-in */
bool ma_registry_load_dir(struct ma_registry *, const char *dir, FILE *err); /* *.so, sorted */
/* Comma lists of check names, or NULL for all and none. */
bool ma_registry_select(struct ma_registry *, const char *only, const char *without, FILE *err);
/* A check that is not to run, whatever is selected. */
void ma_registry_leave_out(struct ma_registry *, const char *name);
/* A check on demand that is to run beside those selected. */
void ma_registry_demand(struct ma_registry *, const char *name);
bool ma_registry_open(struct ma_registry *, const struct ma_setup *);
void ma_registry_close(struct ma_registry *);
const struct ma_rule *ma_registry_rule(const struct ma_registry *, const char *id);

/* --rules: docs/rules.md, every rule of every check. --explain RULE. */
void ma_rules_print(FILE *, const struct ma_registry *);
void ma_rule_explain(FILE *, const struct ma_check *, const struct ma_rule *);

#endif
