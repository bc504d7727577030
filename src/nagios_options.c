/* SPDX-License-Identifier: MIT */
#include "nagios_options.h"

#include "file.h"
#include "list_keys.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define RBL_TIMEOUT_MSECS 15000 /* check_rbl's own default */
#define LISTS_MAX         1000
#define INI_BYTES_MAX     (256 * 1024)

const char ma_nagios_usage[] =
    "usage: check_mailaudit [options] -H DOMAIN [-I ADDRESS]...\n"
    "       check_mailaudit --check-rbl [options] -H HOST|-U DOMAIN [-s LIST]...\n"
    "\n"
    "A monitoring plug-in: audits the mail of DOMAIN (see mailaudit) and tells one state.\n"
    "\n"
    "  -H, --hostname DOMAIN        the domain; with --check-rbl a host name or an address\n"
    "  -I, --address ADDRESS        the address or host that sends its mail (repeatable)\n"
    "  -w, --warning RANGE          WARNING when the score is outside, such as 85:\n"
    "  -c, --critical RANGE         CRITICAL when the score is outside, such as 50:\n"
    "  -s, --server LIST            ask this block list, not the default set (repeatable)\n"
    "  -t, --timeout SECS           then tell what is known (30; with --check-rbl 15)\n"
    "  -n, --nameserver ADDR[:PORT] ask this name server\n"
    "      --soft N, --state FILE   UNKNOWN from the Nth in a row on; until then as before\n"
    "      --incomplete-ok          no UNKNOWN for what could not be answered\n"
    "  -a, --append TEXT            behind the status text\n"
    "  -v, -vv, -vvv                findings; with evidence and fix; the whole report\n"
    "  -h, --help  -V, --version\n"
    "\n"
    "With --check-rbl (or under the name check_rbl) the options mean what they mean to check_rbl:\n"
    "  -U, --url DOMAIN             this domain, at lists of domains\n"
    "  -w, -c N                     that many lists or more (1, 1)\n"
    "      --wl, --whitelistings    count the lists that do not list it\n"
    "      --extra-opts [SECTION][@FILE]  options from an ini file\n"
    "  -r, --retry, --query-timeout, -d, --debug, --workers are taken, and have no effect.\n"
    "\n"
    "All options of mailaudit that say what to ask and to check may be given too.\n"
    "RANGE: 10 (0 to 10), 10: (10 or more), ~:10 (10 or less), 10:20, @10:20 (not 10 to 20).\n"
    "Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.\n";

/* ---- options --------------------------------------------------------------------------------- */

static bool read_address(struct ma_options *o, const char *text, FILE *err)
{
    return ma_spec_add_address(&o->spec, &o->arena, text, err);
}

/* A key goes where the others are, {key} stands for it wherever the list is named, and it is taken
   off the command line, which others see in the list of processes. NULL: told to err, without it.
 */
static const char *without_key(struct ma_options *o, const char *text, FILE *err)
{
    size_t key_size;
    const char *row = ma_list_keyed(text, &key_size);
    if (row == NULL || strncmp(text, MA_KEY_LABEL ".", sizeof MA_KEY_LABEL) == 0)
        return text;
    const char *name = ma_arena_copy(&o->arena, row, strcspn(row, "\t"));
    if (name == NULL)
        return NULL;
    const char *fault = ma_keys_add(&o->keys, name + sizeof MA_KEY_LABEL, text, key_size);
    if (fault != NULL)
        fprintf(err, "--server '%s': %s\n", name, fault);
    if (optarg == text)
        memset(optarg, '*', key_size);
    return fault == NULL ? name : NULL;
}

static bool read_server(struct ma_options *o, const char *text, FILE *err)
{
    struct ma_plug_in *p = &o->plug_in;
    text = without_key(o, text, err);
    if (text == NULL)
        return false;
    if (*text == '\0' || strpbrk(text, "\r\n\t") != NULL) {
        fprintf(err, "--server '%s': not the name of a list\n", text);
        return false;
    }
    for (size_t i = 0; i < p->server_count; i++)
        if (strcmp(p->servers[i], text) == 0)
            return true; /* check_rbl takes it */
    if (p->server_count == LISTS_MAX) {
        fprintf(err, "too many of --server: at most %d\n", LISTS_MAX);
        return false;
    }
    p->servers =
        ma_arena_grow(&o->arena, p->servers, p->server_count, &p->server_room, sizeof *p->servers);
    if (p->servers != NULL)
        p->servers[p->server_count++] = text;
    return p->servers != NULL;
}

static bool read_soft(struct ma_options *o, const char *text, FILE *err)
{
    char *end;
    unsigned long limit = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || limit < 1 || limit > MA_SOFT_LIMIT_MAX) {
        fprintf(err, "--soft '%s': not a number from 1 to %d\n", text, MA_SOFT_LIMIT_MAX);
        return false;
    }
    o->plug_in.soft.limit = (unsigned)limit;
    return true;
}

/* What check_rbl has and we do by ourselves. */
static bool ignore(struct ma_options *o, const char *text, FILE *err)
{
    (void)o;
    (void)text;
    (void)err;
    return true;
}

#define KEEP(function, member)                                                                     \
    static bool function(struct ma_options *o, const char *text, FILE *err)                        \
    {                                                                                              \
        (void)err;                                                                                 \
        o->plug_in.member = text;                                                                  \
        return true;                                                                               \
    }
KEEP(read_host, host)
KEEP(read_url, url)
KEEP(read_warning, warning)
KEEP(read_critical, critical)
KEEP(read_append, nagios.append)
KEEP(read_state, soft.file)

static bool read_allow_lists(struct ma_options *o, const char *text, FILE *err)
{
    (void)text;
    (void)err;
    o->plug_in.nagios.allow_lists = true;
    return true;
}

/* ---- options from a file --------------------------------------------------------------------- */

static const struct ma_option *find_in(
    const struct ma_option *table, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0 || (table[i].letter == name[0] && name[1] == '\0'))
            return &table[i];
    return NULL;
}

static const struct ma_option *find_option(const char *name)
{
    const struct ma_option *o = find_in(ma_nagios_option_table, ma_nagios_option_count, name);
    return o != NULL ? o : find_in(ma_option_table, ma_option_count, name);
}

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    for (size_t n = strlen(text); n > 0 && strchr(" \t\r", text[n - 1]) != NULL; n--)
        text[n - 1] = '\0';
    return text;
}

/* KEY or KEY=VALUE; the line lives in the arena. */
static bool read_ini_line(struct ma_options *o, char *line, FILE *err)
{
    char *equals = strchr(line, '=');
    if (equals != NULL)
        *equals = '\0';
    const char *name = trim(line);
    const struct ma_option *option = find_option(name);
    if (option == NULL || option->has_value != (equals != NULL)) {
        fprintf(err, "'%s': %s\n", name,
            option == NULL ? "unknown option" : "with a value, or without one");
        return false;
    }
    return option->read(o, equals != NULL ? trim(equals + 1) : NULL, err);
}

static bool read_section(
    struct ma_options *o, char *text, const char *section, const char *path, FILE *err)
{
    bool within = false, found = false;
    unsigned number = 1;
    for (char *line = text, *next; line != NULL; line = next, number++) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        line = trim(line);
        size_t size = strlen(line);
        if (*line == '[' && line[size - 1] == ']') {
            line[size - 1] = '\0';
            within = strcmp(line + 1, section) == 0;
            found |= within;
        } else if (within && *line != '\0' && *line != '#' && *line != ';' &&
                   !read_ini_line(o, line, err)) {
            fprintf(err, "in %s, line %u\n", path, number);
            return false;
        }
    }
    if (!found)
        fprintf(err, "%s: no section [%s]\n", path, section);
    return found;
}

static bool read_extra_opts(struct ma_options *o, const char *text, FILE *err)
{
    static const char standard[] = "/etc/nagios-plugins/check_rbl.ini";
    const char *at = strchr(text, '@');
    const char *path = at != NULL && at[1] != '\0' ? at + 1 : standard;
    size_t size = at != NULL ? (size_t)(at - text) : strlen(text);
    struct ma_file file;
    if (!ma_file_read(&file, path, INI_BYTES_MAX, err))
        return false;
    char *copy = ma_arena_bytes(&o->arena, file.size + 1);
    const char *section = size > 0 ? ma_arena_copy(&o->arena, text, size) : "check_rbl";
    bool ok = copy != NULL && section != NULL;
    if (ok) {
        memcpy(copy, file.bytes, file.size + 1);
        ok = read_section(o, copy, section, path, err);
    }
    ma_file_clear(&file);
    return ok;
}

const struct ma_option ma_nagios_option_table[] = {
    {"address", 'I', true, read_address},
    {"append", 'a', true, read_append},
    {"critical", 'c', true, read_critical},
    {"debug", 'd', false, ignore},
    {"extra-opts", 0, true, read_extra_opts},
    {"host", 0, true, read_host},
    {"hostname", 'H', true, read_host},
    {"query-timeout", 0, true, ignore},
    {"retry", 'r', true, ignore},
    {"server", 's', true, read_server},
    {"soft", 0, true, read_soft},
    {"state", 0, true, read_state},
    {"url", 'U', true, read_url},
    {"usage", 0, false, ma_print_usage},
    {"warning", 'w', true, read_warning},
    {"whitelistings", 0, false, read_allow_lists},
    {"wl", 0, false, read_allow_lists},
};
const size_t ma_nagios_option_count =
    sizeof ma_nagios_option_table / sizeof *ma_nagios_option_table;

/* ---- before and after ------------------------------------------------------------------------ */

void ma_nagios_scan(struct ma_options *o, int argc, char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "";
    bool rbl = strcmp(name, "check_rbl") == 0;
    bool plain = strcmp(name, "check_mailaudit") == 0;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        rbl |= strcmp(argv[i], "--check-rbl") == 0;
        plain |= strcmp(argv[i], "--nagios") == 0;
    }
    o->plug_in.active = rbl || plain;
    o->plug_in.nagios.check_rbl = rbl;
    if (rbl)
        o->timeout_msecs = RBL_TIMEOUT_MSECS;
}

static bool parse_range(struct ma_range *range, const char *text, const char *option, FILE *err)
{
    if (text == NULL || ma_range_parse(range, text))
        return true;
    fprintf(err, "%s '%s': not a range: 10, 10:, ~:10, 10:20, @10:20\n", option, text);
    return false;
}

static bool parse_lists(unsigned *count, const char *text, const char *option, FILE *err)
{
    char *end;
    *count = 1;
    if (text == NULL)
        return true;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || value < 1 || value > LISTS_MAX) {
        fprintf(err, "%s '%s': not a number of lists from 1 to %d\n", option, text, LISTS_MAX);
        return false;
    }
    *count = (unsigned)value;
    return true;
}

static bool finish_thresholds(struct ma_plug_in *p, FILE *err)
{
    struct ma_nagios *n = &p->nagios;
    if (!n->check_rbl)
        return parse_range(&n->warning, p->warning, "--warning", err) &&
               parse_range(&n->critical, p->critical, "--critical", err);
    if (!parse_lists(&n->warning_lists, p->warning, "--warning", err) ||
        !parse_lists(&n->critical_lists, p->critical, "--critical", err))
        return false;
    if (n->critical_lists < n->warning_lists)
        fputs("--critical has to be --warning or more\n", err);
    return n->critical_lists >= n->warning_lists;
}

/* What an audit has and a plug-in has not. */
static const char *find_stranger(const struct ma_options *o)
{
    if (o->format_name != NULL && strcmp(o->format_name, "nagios") != 0)
        return "--format: a monitoring plug-in has one form only";
    if (o->changed != NULL)
        return "--changed: a monitoring plug-in always tells the whole state; see --soft";
    if (o->fail_on_given)
        return "--fail-on is not for a monitoring plug-in: see -w, -c and --policy";
    return NULL;
}

static const char *find_misfit(const struct ma_plug_in *p)
{
    if ((p->soft.limit > 0) != (p->soft.file != NULL))
        return "--soft N and --state FILE belong together";
    if (!p->nagios.check_rbl && (p->url != NULL || p->nagios.allow_lists))
        return "--url and --whitelistings are options of --check-rbl";
    if (p->nagios.check_rbl && p->url == NULL && p->host == NULL)
        return "neither a host nor a domain given: -H or -U";
    return NULL;
}

static bool refuse_what_does_not_fit(const struct ma_options *o, FILE *err)
{
    const char *what = find_stranger(o);
    if (what == NULL)
        what = find_misfit(&o->plug_in);
    if (what != NULL)
        fprintf(err, "%s\n", what);
    return what == NULL;
}

/* One list a line, as in a file of --lists. */
static bool finish_servers(struct ma_options *o, FILE *err)
{
    const struct ma_plug_in *p = &o->plug_in;
    const char *kind = p->nagios.check_rbl && p->host == NULL ? " domain" : "";
    size_t size = 1, at = 0;
    if (p->server_count == 0)
        return true;
    for (size_t i = 0; i < o->setting_count; i++) {
        if (strcmp(o->settings[i].name, "lists") == 0 || o->setting_count == MA_SETTINGS_MAX) {
            fputs("--server and --lists both say which lists to ask\n", err);
            return false;
        }
    }
    for (size_t i = 0; i < p->server_count; i++)
        size += strlen(p->servers[i]) + strlen(kind) + 1;
    char *text = ma_arena_bytes(&o->arena, size);
    for (size_t i = 0; text != NULL && i < p->server_count; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s\n", p->servers[i], kind);
    o->settings[o->setting_count++] = (struct ma_setting_pair){"servers", text};
    return text != NULL;
}

/* check_rbl asks for an address or a domain alone: no mail domain is audited. */
static bool finish_rbl_target(struct ma_options *o, int argc, char **argv, FILE *err)
{
    const struct ma_plug_in *p = &o->plug_in;
    if (argc > 0) {
        fprintf(err, "unexpected argument '%s'\n", argv[0]);
        return false;
    }
    if (o->only == NULL)
        o->only = "dnsbl";
    if (p->host == NULL)
        return ma_spec_set_domain(&o->spec, &o->arena, p->url, err);
    return ma_spec_set_domain(&o->spec, &o->arena, ".", err) &&
           ma_spec_add_address(&o->spec, &o->arena, p->host, err);
}

static bool finish_target(struct ma_options *o, int argc, char **argv, FILE *err)
{
    const struct ma_plug_in *p = &o->plug_in;
    const char *domain = p->host;
    int first = 0;
    if (domain == NULL && argc > 0)
        domain = argv[first++];
    if (domain == NULL && o->spec.domain == NULL) {
        fputs("no domain given: -H\n", err);
        return false;
    }
    if (domain != NULL && !ma_spec_set_domain(&o->spec, &o->arena, domain, err))
        return false;
    for (int i = first; i < argc; i++)
        if (!ma_spec_add_address(&o->spec, &o->arena, argv[i], err))
            return false;
    return true;
}

bool ma_nagios_finish(struct ma_options *o, int argc, char **argv, FILE *err)
{
    struct ma_plug_in *p = &o->plug_in;
    bool rbl = p->nagios.check_rbl;
    p->nagios.incomplete_ok = o->incomplete_ok;
    if (rbl)
        p->nagios.object = p->host != NULL ? p->host : p->url;
    o->format = ma_format_find("nagios");
    return refuse_what_does_not_fit(o, err) && finish_thresholds(p, err) &&
           finish_servers(o, err) &&
           (rbl ? finish_rbl_target(o, argc, argv, err) : finish_target(o, argc, argv, err));
}
