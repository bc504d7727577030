/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "list_keys.h"
#include "message/selectors.h"
#include "nagios_options.h"
#include "recorder.h"

#include <getopt.h>
#include <string.h>
#include <time.h>

#define MA_TIMEOUT_SECS_DEFAULT 30
#define MA_OPTIONS_MAX          96
#define MA_OPTIONS_BYTES_MAX    (1024 * 1024)
#define MA_FIRST_LONG           256 /* getopt's values of options without a letter */

/* getopt's own form of the table. */
struct getopt_table {
    const struct ma_option *rows[MA_OPTIONS_MAX];
    size_t count;
    struct option longs[MA_OPTIONS_MAX + 1];
    char letters[2 * MA_OPTIONS_MAX + 2];
};

static void add_rows(struct getopt_table *t, const struct ma_option *rows, size_t count)
{
    for (size_t i = 0; i < count && t->count < MA_OPTIONS_MAX; i++)
        t->rows[t->count++] = &rows[i];
}

/* A plug-in's own options come first: of two with one name or letter the first counts. */
static void build(struct getopt_table *t, bool plug_in)
{
    char *letter = t->letters;
    *letter++ = ':'; /* tell a missing value from an unknown option */
    memset(t->longs, 0, sizeof t->longs);
    t->count = 0;
    if (plug_in)
        add_rows(t, ma_nagios_option_table, ma_nagios_option_count);
    add_rows(t, ma_option_table, ma_option_count);
    for (size_t i = 0; i < t->count; i++) {
        const struct ma_option *o = t->rows[i];
        t->longs[i] = (struct option){.name = o->name,
            .has_arg = o->has_value ? required_argument : no_argument,
            .val = MA_FIRST_LONG + (int)i};
        if (o->letter != 0)
            *letter++ = o->letter;
        if (o->letter != 0 && o->has_value)
            *letter++ = ':';
    }
    *letter = '\0';
}

static const struct ma_option *option_of(const struct getopt_table *t, int value)
{
    if (value >= MA_FIRST_LONG)
        return t->rows[value - MA_FIRST_LONG];
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i]->letter == value)
            return t->rows[i];
    return NULL;
}

static bool say_bad_option(int value, const char *word, FILE *err)
{
    if (value == ':')
        fprintf(err, "option '%s' needs a value\n", word);
    else if (optopt > 0 && optopt < MA_FIRST_LONG)
        fprintf(err, "unknown option '-%c'\n", optopt);
    else if (optopt >= MA_FIRST_LONG)
        fprintf(err, "option '%s' takes no value\n", word);
    else
        fprintf(err, "unknown option '%s'\n", word);
    return false;
}

/* The file that a command reads is known before a recording is read, which asks for it. */
static bool find_command(struct ma_options *o, int argc, char **argv, FILE *err)
{
    o->command = ma_command_find(argc > 0 && !o->plug_in.active ? argv[0] : "");
    bool word = o->command->word != NULL;
    o->arguments = argv + word;
    o->argument_count = argc - word;
    return o->command->input == NULL || o->argument_count == 0 ||
           ma_options_set(o, o->command->input, o->arguments[0], err);
}

/* No target is named: the recorded one is meant. */
static bool is_bare(const struct ma_options *o, int argc)
{
    return argc == 0 || (o->command->replays && o->argument_count == 0) ||
           (o->command->input != NULL && o->argument_count == 1);
}

/* What is neither option nor value, and what a recording adds to the options. */
static bool read_arguments(struct ma_options *o, int argc, char **argv, FILE *err)
{
    bool command = o->action == MA_ACTION_COMMAND;
    if (command && !find_command(o, argc, argv, err))
        return false;
    if (o->replay != NULL && !ma_recorded_options(o, o->replay, is_bare(o, argc), err))
        return false;
    if (!command)
        return true;
    return o->plug_in.active ? ma_nagios_finish(o, argc, argv, err) : ma_command_prepare(o, err);
}

/* What --changed prints is a text of its own about one domain. */
static bool check_changed(const struct ma_options *o, FILE *err)
{
    if (o->changed == NULL)
        return true;
    if (o->command->word != NULL)
        fputs("--changed is for the audit of one domain\n", err);
    else if (o->format != NULL && strcmp(o->format->name, "text") != 0)
        fprintf(err, "--changed prints text: it does not go with --format %s\n", o->format->name);
    else
        return true;
    return false;
}

/* Does what was said go together? A batch looks at each line by itself. */
static bool fits(const struct ma_options *o, FILE *err)
{
    bool one = o->action == MA_ACTION_COMMAND && o->command->run == NULL;
    return (!one || ma_spec_check(&o->spec, err)) && check_changed(o, err);
}

/* Those in the names of lists; a replay has the zones of those that there were. */
static bool read_keys_of_lists(struct ma_options *o, FILE *err)
{
    for (size_t i = 0; o->replay == NULL && i < o->setting_count; i++)
        if (strcmp(o->settings[i].name, "lists") == 0 &&
            !ma_list_keys_load(&o->keys, o->settings[i].value, err))
            return false;
    return true;
}

/* Keys of the environment count where the network is asked; the checks are told of the zones. */
static bool finish_keys(struct ma_options *o, FILE *err)
{
    char zones[MA_KEYS_ZONES_MAX];
    if (!read_keys_of_lists(o, err))
        return false;
    if (o->replay == NULL && !o->offline && !ma_keys_environment(&o->keys, err))
        return false;
    if (o->keys.count == 0)
        return true;
    ma_keys_zones(zones, &o->keys);
    return ma_options_set(o, "keyed-zones", ma_arena_strdup(&o->arena, zones), err);
}

bool ma_options_read(struct ma_options *o, int argc, char **argv, FILE *err)
{
    struct getopt_table table;
    *o = (struct ma_options){.command = ma_command_find(""),
        .fail_on = MA_ERROR,
        .timeout_msecs = MA_TIMEOUT_SECS_DEFAULT * 1000,
        .batch = {.workers = 1, .in_flight = 1000, .shard = 1, .shards = 1},
        .spec = {.now_secs = -1, .audited_at = -1}};
    ma_arena_init(&o->arena, 1024, MA_OPTIONS_BYTES_MAX);
    ma_nagios_scan(o, argc, argv);
    build(&table, o->plug_in.active);
    opterr = 0;
    optind = 0; /* to glibc: forget what the last command line left */
    for (int c; (c = getopt_long(argc, argv, table.letters, table.longs, NULL)) != -1;) {
        if (c == ':' || c == '?')
            return say_bad_option(c, argv[optind - 1], err);
        if (!option_of(&table, c)->read(o, optarg, err))
            return false;
        if (o->action == MA_ACTION_DONE)
            return true;
    }
    if (!read_arguments(o, argc - optind, argv + optind, err))
        return false;
    if (!ma_message_selectors(o, err) || !fits(o, err) || !finish_keys(o, err))
        return false;
    if (o->spec.now_secs < 0)
        o->spec.now_secs = time(NULL);
    if (o->stamp)
        o->spec.audited_at = o->spec.now_secs;
    return true;
}

void ma_options_clear(struct ma_options *o)
{
    if (o->has_message)
        ma_mail_file_clear(&o->message);
    o->has_message = false;
    ma_arena_clear(&o->arena);
}
