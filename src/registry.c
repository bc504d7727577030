/* SPDX-License-Identifier: MIT */
#include "registry.h"

#include "audit.h"
#include "builtin_checks.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MA_TEMPLATE_BYTES_MAX (1024 * 1024)

static const struct ma_registered *find(const struct ma_registry *r, const char *name, size_t size)
{
    for (size_t i = 0; i < r->count; i++)
        if (strncmp(r->checks[i].check->name, name, size) == 0 &&
            r->checks[i].check->name[size] == '\0')
            return &r->checks[i];
    return NULL;
}

static bool is_word(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return size > 0 && size <= 32 && name[size] == '\0';
}

/* Words with hyphens: what stands behind the check's name and the dot. */
static bool is_rule_name(const char *name)
{
    return *name != '\0' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

static bool is_twice(const struct ma_check *c, size_t rule)
{
    for (size_t i = 0; i < rule; i++)
        if (strcmp(c->rules[i].id, c->rules[rule].id) == 0)
            return true;
    return false;
}

/* What is wrong with one of a check's rules, or NULL. */
static const char *rule_fault(const struct ma_check *c, size_t rule)
{
    const struct ma_rule *r = &c->rules[rule];
    size_t size = strlen(c->name);
    if (r->id == NULL || strncmp(r->id, c->name, size) != 0 || r->id[size] != '.')
        return "a rule's id does not begin with the check's name and a dot";
    if (!is_rule_name(r->id + size + 1) || is_twice(c, rule))
        return "a rule's id is not a word with hyphens, or is there twice";
    if (r->title == NULL || r->why == NULL || r->reference == NULL ||
        (r->fix == NULL && r->severity != MA_PASS))
        return "a rule lacks title, why, fix or reference";
    return NULL;
}

/* What is wrong with a check's tables, or NULL. */
static const char *check_fault(const struct ma_check *c)
{
    if (c->name == NULL || !is_word(c->name))
        return "its name is not a word of letters, digits and '_'";
    if (c->area == NULL || c->title == NULL || c->run == NULL)
        return "it lacks area, title or run()";
    const char *fault = NULL;
    for (size_t i = 0; fault == NULL && i < c->rule_count; i++)
        fault = rule_fault(c, i);
    return fault;
}

static bool add(
    struct ma_registry *r, const struct ma_check *c, void *library, const char *from, FILE *err)
{
    const char *why = check_fault(c);
    if (why != NULL) {
        fprintf(
            err, "cannot use check '%s' from %s: %s\n", c->name != NULL ? c->name : "?", from, why);
        return false;
    }
    if (find(r, c->name, strlen(c->name)) != NULL) {
        fprintf(err, "cannot use check '%s' from %s: a check of that name is there already\n",
            c->name, from);
        return false;
    }
    const struct ma_data *empty =
        ma_data_template(&r->arena, c->empty_result != NULL ? c->empty_result : "{}", &why);
    if (empty == NULL || r->count == MA_CHECKS_MAX) {
        fprintf(err, "cannot use check '%s' from %s: %s\n", c->name, from,
            empty == NULL ? why : "too many checks");
        return false;
    }
    size_t at = r->count++;
    for (; at > 0 && strcmp(r->checks[at - 1].check->name, c->name) > 0; at--)
        r->checks[at] = r->checks[at - 1];
    r->checks[at] = (struct ma_registered){
        .check = c, .empty = empty, .library = library, .enabled = !c->on_demand};
    return true;
}

bool ma_registry_init(struct ma_registry *r, FILE *err)
{
    *r = (struct ma_registry){.count = 0};
    ma_arena_init(&r->arena, 4096, MA_TEMPLATE_BYTES_MAX);
    if (!add(r, &ma_check_audit, NULL, "mailaudit", err))
        return false;
    for (size_t i = 0; i < sizeof builtin_checks / sizeof *builtin_checks; i++)
        if (!add(r, builtin_checks[i], NULL, "mailaudit", err))
            return false;
    return true;
}

bool ma_registry_load(struct ma_registry *r, const char *file, FILE *err)
{
    /* a name without a slash would be searched for along the library path */
    char *path = strchr(file, '/') != NULL ? strdup(file) : NULL;
    if (path == NULL && asprintf(&path, "./%s", file) < 0)
        return false;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    free(path);
    if (library == NULL) {
        fprintf(err, "cannot load plug-in '%s': %s\n", file, dlerror());
        return false;
    }
    const struct ma_check *c = dlsym(library, "mailaudit_check");
    if (c == NULL) {
        fprintf(err,
            "cannot load plug-in '%s': it has no check (MA_CHECK, built with -DMA_PLUGIN)\n", file);
    } else if (c->abi != MA_ABI) {
        fprintf(err,
            "cannot load plug-in '%s': it is built for ABI %u, this mailaudit has ABI %u\n", file,
            (unsigned)c->abi, MA_ABI);
    } else if (add(r, c, library, file, err)) {
        return true;
    }
    dlclose(library);
    return false;
}

static int is_plugin(const struct dirent *d)
{
    size_t size = strlen(d->d_name);
    return size > 3 && d->d_name[0] != '.' && strcmp(d->d_name + size - 3, ".so") == 0;
}

bool ma_registry_load_dir(struct ma_registry *r, const char *dir, FILE *err)
{
    struct dirent **list;
    int count = scandir(dir, &list, is_plugin, alphasort);
    bool ok = true;
    if (count < 0 && errno == ENOENT)
        return true;
    if (count < 0) {
        fprintf(err, "cannot read plug-in folder '%s': %s\n", dir, strerror(errno));
        return false;
    }
    for (int i = 0; i < count; i++) {
        char *path;
        ok = ok && asprintf(&path, "%s/%s", dir, list[i]->d_name) >= 0;
        if (ok) {
            ok = ma_registry_load(r, path, err);
            free(path);
        }
        free(list[i]);
    }
    free(list);
    return ok;
}

/* Sets each check of the comma list; false for a name that no check has. */
static bool mark(struct ma_registry *r, const char *list, bool enabled, FILE *err)
{
    while (*list != '\0') {
        size_t size = strcspn(list, ",");
        const struct ma_registered *c = find(r, list, size);
        if (c == NULL) {
            fprintf(err, "no check is named '%.*s'\n", (int)size, list);
            return false;
        }
        r->checks[c - r->checks].enabled = enabled;
        list += size + (list[size] == ',');
    }
    return true;
}

bool ma_registry_select(struct ma_registry *r, const char *only, const char *without, FILE *err)
{
    for (size_t i = 0; only != NULL && i < r->count; i++)
        r->checks[i].enabled = false;
    if (only != NULL && !mark(r, only, true, err))
        return false;
    if (without != NULL && !mark(r, without, false, err))
        return false;
    /* these two are the audit's own ground */
    return mark(r, "audit,target", true, err);
}

static void set_enabled(struct ma_registry *r, const char *name, bool enabled)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->checks[i].check->name, name) == 0)
            r->checks[i].enabled = enabled;
}

void ma_registry_leave_out(struct ma_registry *r, const char *name)
{
    set_enabled(r, name, false);
}

void ma_registry_demand(struct ma_registry *r, const char *name)
{
    set_enabled(r, name, true);
}

bool ma_registry_open(struct ma_registry *r, const struct ma_setup *setup)
{
    for (size_t i = 0; i < r->count; i++) {
        struct ma_registered *c = &r->checks[i];
        struct ma_setup own = *setup;
        own.check = c->check->name;
        if (!c->enabled || c->check->open == NULL)
            continue;
        if (!c->check->open(&own, &c->state))
            return false;
        c->opened = true;
    }
    return true;
}

void ma_registry_close(struct ma_registry *r)
{
    for (size_t i = 0; i < r->count; i++) {
        struct ma_registered *c = &r->checks[i];
        if (c->opened && c->check->close != NULL)
            c->check->close(c->state);
        if (c->library != NULL)
            dlclose(c->library);
    }
    ma_arena_clear(&r->arena);
    r->count = 0;
}

const struct ma_rule *ma_registry_rule(const struct ma_registry *r, const char *id)
{
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < r->checks[i].check->rule_count; k++)
            if (strcmp(r->checks[i].check->rules[k].id, id) == 0)
                return &r->checks[i].check->rules[k];
    return NULL;
}

const char *ma_setting(const struct ma_setup *s, const char *name)
{
    for (size_t i = 0; i < s->setting_count; i++)
        if (strcmp(s->settings[i].name, name) == 0)
            return s->settings[i].value;
    return NULL;
}

void ma_setup_error(const struct ma_setup *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vfprintf(s->err, fmt, args);
    fputc('\n', s->err);
    va_end(args);
}
