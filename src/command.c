/* SPDX-License-Identifier: MIT */
#include "command.h"

#include "batch/batch.h"
#include "flatten.h"
#include "lists.h"
#include "message/prepare.h"
#include "options.h"
#include "why/why.h"

#include <string.h>

static bool read_target(struct ma_options *o, FILE *err)
{
    if (o->argument_count == 0 && o->spec.domain == NULL) {
        fputs("no domain given", err);
        if (o->replay != NULL)
            fprintf(err, ", and '%s/audit.txt' names none", o->replay);
        fputc('\n', err);
        return false;
    }
    if (o->argument_count > 0 && !ma_spec_set_domain(&o->spec, &o->arena, o->arguments[0], err))
        return false;
    for (int i = 1; i < o->argument_count; i++)
        if (!ma_spec_add_address(&o->spec, &o->arena, o->arguments[i], err))
            return false;
    return true;
}

/* The first is what an unknown word is: a domain. */
static const struct ma_command commands[] = {
    {.prepare = read_target},
    {.word = "batch", .run = ma_batch},
    {.word = "flatten",
        .check = "flatten",
        .formats = "cidr, spf, postgrey, postfix, json",
        .replays = true,
        .prepare = ma_flatten_prepare,
        .print = ma_flatten_print},
    {.word = "lists",
        .check = "dnsbl",
        .formats = "text, json",
        .prepare = ma_lists_prepare,
        .print = ma_lists_print},
    {.word = "message",
        .input = "message",
        .check = "message",
        .no_target = true,
        .prepare = ma_message_prepare},
    {.word = "summary", .run = ma_summary},
    {.word = "why",
        .check = "ptr,spf",
        .formats = "text, json",
        .replays = true,
        .prepare = ma_why_prepare,
        .print = ma_why_print},
};

const struct ma_command *ma_command_find(const char *word)
{
    for (size_t i = 1; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(word, commands[i].word) == 0)
            return &commands[i];
    return &commands[0];
}

/* Is it a word of "text, json"? */
static bool is_listed(const char *list, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = list; *at != '\0'; at += strspn(at, ", ")) {
        size_t length = strcspn(at, ",");
        if (length == size && memcmp(at, word, size) == 0)
            return true;
        at += length;
    }
    return false;
}

static bool read_format(struct ma_options *o, FILE *err)
{
    const struct ma_command *c = o->command;
    if (o->format_name == NULL)
        return true;
    if (c->formats != NULL) {
        if (is_listed(c->formats, o->format_name))
            return true;
        fprintf(err, "%s: --format '%s': not one of %s\n", c->word, o->format_name, c->formats);
        return false;
    }
    o->format = ma_format_find(o->format_name);
    if (o->format != NULL)
        return true;
    fprintf(err, "--format '%s': not one of", o->format_name);
    for (const struct ma_format *f = ma_formats; f->name != NULL; f++)
        fprintf(err, "%s %s", f == ma_formats ? "" : ",", f->name);
    fputc('\n', err);
    return false;
}

bool ma_command_prepare(struct ma_options *o, FILE *err)
{
    const struct ma_command *c = o->command;
    if (!read_format(o, err))
        return false;
    if (c->check != NULL) {
        if ((o->only != NULL && !o->recorded_checks) || o->without != NULL) {
            fprintf(err, "%s: --check and --no-check are for audits\n", c->word);
            return false;
        }
        o->only = c->check;
    }
    return c->prepare == NULL || c->prepare(o, err);
}
