/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "config.h"
#include "name.h"

#include <errno.h>
#include <getopt.h>
#include <idn2.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MA_TIMEOUT_SECS_MAX     3600
#define MA_TIMEOUT_SECS_DEFAULT 30

enum {
    OPT_ZONE = 256,
    OPT_OFFLINE,
    OPT_NAMESERVER,
    OPT_TIMEOUT,
    OPT_FORMAT,
    OPT_OUTPUT,
    OPT_SENDER,
    OPT_HELO,
    OPT_ROLE,
    OPT_SELECTOR,
    OPT_CHECK,
    OPT_NO_CHECK,
    OPT_LISTS,
    OPT_PSL,
    OPT_RECORD,
    OPT_REPLAY,
    OPT_FAIL_ON,
    OPT_INCOMPLETE_OK,
    OPT_PLUGIN,
    OPT_STAMP,
    OPT_NOW,
    OPT_RULES,
    OPT_EXPLAIN,
    OPT_COLOUR,
    OPT_TRACE,
};

static const struct option longs[] = {
    {"zone", required_argument, NULL, OPT_ZONE},
    {"offline", no_argument, NULL, OPT_OFFLINE},
    {"nameserver", required_argument, NULL, OPT_NAMESERVER},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"output", required_argument, NULL, OPT_OUTPUT},
    {"sender", required_argument, NULL, OPT_SENDER},
    {"helo", required_argument, NULL, OPT_HELO},
    {"role", required_argument, NULL, OPT_ROLE},
    {"selector", required_argument, NULL, OPT_SELECTOR},
    {"check", required_argument, NULL, OPT_CHECK},
    {"no-check", required_argument, NULL, OPT_NO_CHECK},
    {"lists", required_argument, NULL, OPT_LISTS},
    {"psl", required_argument, NULL, OPT_PSL},
    {"record", required_argument, NULL, OPT_RECORD},
    {"replay", required_argument, NULL, OPT_REPLAY},
    {"fail-on", required_argument, NULL, OPT_FAIL_ON},
    {"incomplete-ok", no_argument, NULL, OPT_INCOMPLETE_OK},
    {"plugin", required_argument, NULL, OPT_PLUGIN},
    {"stamp", no_argument, NULL, OPT_STAMP},
    {"now", required_argument, NULL, OPT_NOW},
    {"rules", no_argument, NULL, OPT_RULES},
    {"explain", required_argument, NULL, OPT_EXPLAIN},
    {"color", required_argument, NULL, OPT_COLOUR},
    {"colour", required_argument, NULL, OPT_COLOUR},
    {"trace", no_argument, NULL, OPT_TRACE},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "usage: mailaudit [options] DOMAIN [ADDRESS...]\n"
    "\n"
    "Tells whether the world will take mail from DOMAIN sent from ADDRESS (an IP address or a\n"
    "host name; without one: the addresses of the mail exchangers), and what to change.\n"
    "\n"
    "What to ask\n"
    "      --zone [ORIGIN=]FILE     answer from this zone file (repeatable)\n"
    "      --offline                ask nothing outside the given zones\n"
    "      --nameserver ADDR[:PORT] ask this server, not those of /etc/resolv.conf (repeatable)\n"
    "      --timeout SECS           for the whole audit (30)\n"
    "      --record DIR             keep what was observed; --replay DIR repeats it\n"
    "Whom to ask about\n"
    "      --sender ADDR            the MAIL FROM address (postmaster@DOMAIN)\n"
    "      --helo NAME              the HELO name of the sending host\n"
    "      --selector NAME          a DKIM selector (repeatable)\n"
    "      --role ROLE              sends-and-receives, sends-only, receives-only or parked\n"
    "What to check\n"
    "      --check NAME[,NAME]      only these checks; --no-check leaves some out\n"
    "      --lists FILE             these block lists, not the default set\n"
    "      --psl FILE               this public suffix list\n"
    "      --plugin FILE            a check from a shared object (repeatable)\n"
    "What to print\n"
    "      --format text|json       the report's form (text)\n"
    "      --output FILE            write it there\n"
    "      --trace                  the SPF evaluation, step by step\n"
    "      --stamp                  put the time of the audit into the report\n"
    "      --color auto|always|never\n"
    "      --fail-on SEVERITY       exit 1 from this severity on (error)\n"
    "      --incomplete-ok          exit 0, not 3, when only answers are missing\n"
    "      --rules, --explain RULE  all rules; one rule\n"
    "  -v, --verbose  -h, --help  -V, --version\n"
    "\n"
    "Exit codes: 0 nothing found, 1 findings, 2 usage or tool error, 3 not all could be asked.\n";

static bool push(struct ma_list *list, const char *item, const char *what, FILE *err)
{
    if (list->count == MA_REPEAT_MAX) {
        fprintf(err, "too many of %s: at most %d\n", what, MA_REPEAT_MAX);
        return false;
    }
    list->items[list->count++] = item;
    return true;
}

static char *own(struct ma_options *o, char *text)
{
    if (text != NULL && o->owned.count < MA_REPEAT_MAX)
        o->owned.items[o->owned.count++] = text;
    return text;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* A name as the user wrote it to lower-case A-labels without a trailing dot. */
static const char *to_ascii(struct ma_options *o, const char *text, const char *what, FILE *err)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    char name[MA_NAME_TEXT_MAX];
    char *ascii = NULL;
    if (!is_ascii(text)) {
        int rc = idn2_to_ascii_8z(text, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
        if (rc != IDN2_OK) {
            fprintf(err, "%s '%s': %s\n", what, text, idn2_strerror(rc));
            return NULL;
        }
        own(o, ascii);
        text = ascii;
    }
    if (ma_name_to_wire(wire, text) == 0) {
        fprintf(err,
            "%s '%s' cannot be a domain name: a label is empty or longer than 63 bytes, or the "
            "name is longer than 253\n",
            what, text);
        return NULL;
    }
    ma_name_to_text(name, wire);
    return own(o, strdup(name));
}

static const char *to_unicode(struct ma_options *o, const char *ascii)
{
    char *unicode = NULL;
    if (strstr(ascii, "xn--") == NULL || idn2_to_unicode_8z8z(ascii, &unicode, 0) != IDN2_OK)
        return ascii;
    return own(o, unicode);
}

static bool read_number(
    double *out, const char *text, double least, double most, const char *what, FILE *err)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || errno != 0 || !(value >= least && value <= most)) {
        fprintf(err, "%s '%s': not a number from %g to %.15g\n", what, text, least, most);
        return false;
    }
    *out = value;
    return true;
}

static bool read_role(struct ma_options *o, const char *text, FILE *err)
{
    for (enum ma_role r = MA_SENDS_AND_RECEIVES; r <= MA_PARKED; r++) {
        if (strcmp(text, ma_role_name(r)) == 0) {
            o->spec.role = r;
            o->spec.role_given = true;
            return true;
        }
    }
    fprintf(err, "--role '%s': not one of sends-and-receives, sends-only, receives-only, parked\n",
        text);
    return false;
}

static bool read_fail_on(struct ma_options *o, const char *text, FILE *err)
{
    if (ma_severity_parse(&o->fail_on, text) && o->fail_on != MA_UNKNOWN && o->fail_on != MA_PASS)
        return true;
    fprintf(err, "--fail-on '%s': not one of info, notice, warning, error, critical\n", text);
    return false;
}

static bool read_colour(struct ma_options *o, const char *text, FILE *err)
{
    static const char *const words[] = {"auto", "always", "never"};
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(text, words[i]) == 0) {
            o->colour = (enum ma_colour)i;
            return true;
        }
    }
    fprintf(err, "--color '%s': not one of auto, always, never\n", text);
    return false;
}

static bool read_sender(struct ma_options *o, const char *text, FILE *err)
{
    const char *at = strrchr(text, '@');
    if (at == NULL || at[1] == '\0' || strlen(text) > 1000) {
        fprintf(err, "--sender '%s': not a mail address\n", text);
        return false;
    }
    o->spec.sender = text;
    return true;
}

static bool read_selector(struct ma_options *o, const char *text, FILE *err)
{
    const char *name = to_ascii(o, text, "--selector", err);
    return name != NULL && push(&o->selectors, name, "--selector", err);
}

static bool read_nameserver(struct ma_options *o, const char *text, FILE *err)
{
    if (o->nameserver_count == sizeof o->nameservers / sizeof *o->nameservers) {
        fputs("too many of --nameserver: at most 8\n", err);
        return false;
    }
    if (ma_server_parse(&o->nameservers[o->nameserver_count], text)) {
        o->nameserver_count++;
        return true;
    }
    fprintf(err, "--nameserver '%s': not ADDR, ADDR:PORT or [ADDR6]:PORT\n", text);
    return false;
}

static bool read_format(struct ma_options *o, const char *text, FILE *err)
{
    o->format = ma_format_find(text);
    if (o->format != NULL)
        return true;
    fprintf(err, "--format '%s': not one of", text);
    for (const struct ma_format *f = ma_formats; f->name != NULL; f++)
        fprintf(err, "%s %s", f == ma_formats ? "" : ",", f->name);
    fputc('\n', err);
    return false;
}

static bool read_timeout(struct ma_options *o, const char *text, FILE *err)
{
    double secs;
    if (!read_number(&secs, text, 0.1, MA_TIMEOUT_SECS_MAX, "--timeout", err))
        return false;
    o->timeout_msecs = (unsigned)(secs * 1000);
    return true;
}

static bool read_now(struct ma_options *o, const char *text, FILE *err)
{
    double secs;
    if (!read_number(&secs, text, 0, 253402300799.0, "--now", err))
        return false;
    o->spec.now_secs = (int64_t)secs;
    return true;
}

static void add_setting(struct ma_options *o, const char *name, const char *value)
{
    o->settings[o->setting_count++ % 8] = (struct ma_setting_pair){name, value};
}

/* Options whose value needs reading. */
static bool read_value(struct ma_options *o, int option, const char *value, FILE *err)
{
    switch (option) {
    case OPT_NAMESERVER:
        return read_nameserver(o, value, err);
    case OPT_TIMEOUT:
        return read_timeout(o, value, err);
    case OPT_FORMAT:
        return read_format(o, value, err);
    case OPT_SENDER:
        return read_sender(o, value, err);
    case OPT_HELO:
        o->spec.helo = value;
        return true;
    case OPT_ROLE:
        return read_role(o, value, err);
    case OPT_SELECTOR:
        return read_selector(o, value, err);
    case OPT_FAIL_ON:
        return read_fail_on(o, value, err);
    case OPT_NOW:
        return read_now(o, value, err);
    case OPT_COLOUR:
        return read_colour(o, value, err);
    case OPT_ZONE:
        return push(&o->zones, value, "--zone", err);
    case OPT_PLUGIN:
        return push(&o->plugins, value, "--plugin", err);
    default:
        return false;
    }
}

static bool *flag_of(struct ma_options *o, int option)
{
    switch (option) {
    case OPT_OFFLINE:
        return &o->offline;
    case OPT_INCOMPLETE_OK:
        return &o->incomplete_ok;
    case OPT_STAMP:
        return &o->stamp;
    case OPT_TRACE:
        return &o->trace;
    case 'v':
        return &o->verbose;
    default:
        return NULL;
    }
}

static const char **text_of(struct ma_options *o, int option)
{
    switch (option) {
    case OPT_OUTPUT:
        return &o->output;
    case OPT_CHECK:
        return &o->only;
    case OPT_NO_CHECK:
        return &o->without;
    case OPT_RECORD:
        return &o->record;
    case OPT_REPLAY:
        return &o->replay;
    default:
        return NULL;
    }
}

static bool read_option(struct ma_options *o, int option, const char *value, FILE *err)
{
    bool *flag = flag_of(o, option);
    const char **text = text_of(o, option);
    if (flag != NULL) {
        *flag = true;
    } else if (text != NULL) {
        *text = value;
    } else if (option == OPT_LISTS || option == OPT_PSL) {
        add_setting(o, option == OPT_LISTS ? "lists" : "psl", value);
    } else if (option == OPT_RULES) {
        o->command = MA_COMMAND_RULES;
    } else if (option == OPT_EXPLAIN) {
        o->command = MA_COMMAND_EXPLAIN;
        o->explain = value;
    } else if (option == 'h' || option == 'V') {
        fputs(option == 'h' ? usage : "mailaudit " MA_VERSION "\n", stdout);
        o->command = MA_COMMAND_DONE;
    } else if (option == ':' || option == '?') {
        return false;
    } else {
        return read_value(o, option, value, err);
    }
    return true;
}

static bool read_domain(struct ma_options *o, const char *text, FILE *err)
{
    struct ma_address address;
    if (ma_address_parse(&address, text)) {
        fprintf(err, "'%s' is an address: give the domain first, then the address\n", text);
        return false;
    }
    if (strchr(text, '.') == NULL && is_ascii(text)) {
        fprintf(err, "unknown command '%s' (a domain has a dot; '%s.' audits a top-level domain)\n",
            text, text);
        return false;
    }
    o->spec.domain = to_ascii(o, text, "domain", err);
    if (o->spec.domain != NULL)
        o->spec.unicode = to_unicode(o, o->spec.domain);
    return o->spec.domain != NULL && o->spec.unicode != NULL;
}

static bool read_address(struct ma_options *o, const char *text, FILE *err)
{
    struct ma_address address;
    if (ma_address_parse(&address, text))
        return push(&o->addresses, text, "addresses", err);
    const char *host = is_ascii(text) && !ma_is_hostname(text) ? NULL : text;
    if (host == NULL) {
        fprintf(err, "'%s' is neither an IP address nor a host name\n", text);
        return false;
    }
    host = to_ascii(o, host, "host name", err);
    return host != NULL && push(&o->addresses, host, "addresses", err);
}

static bool read_arguments(struct ma_options *o, int argc, char **argv, FILE *err)
{
    if (argc == 0 && o->replay == NULL) {
        fputs("no domain given\n", err);
        return false;
    }
    if (argc > 0 && !read_domain(o, argv[0], err))
        return false;
    for (int i = 1; i < argc; i++)
        if (!read_address(o, argv[i], err))
            return false;
    o->spec.addresses = o->addresses.items;
    o->spec.address_count = o->addresses.count;
    o->spec.selectors = o->selectors.items;
    o->spec.selector_count = o->selectors.count;
    return true;
}

static void say_bad_option(int option, char **argv, FILE *err)
{
    if (option == ':')
        fprintf(err, "option '%s' needs a value\n", argv[optind - 1]);
    else if (optopt != 0 && optopt < 256)
        fprintf(err, "unknown option '-%c'\n", optopt);
    else
        fprintf(err, "unknown option '%s', or it takes no value\n", argv[optind - 1]);
}

bool ma_options_read(struct ma_options *o, int argc, char **argv, FILE *err)
{
    *o = (struct ma_options){.fail_on = MA_ERROR,
        .timeout_msecs = MA_TIMEOUT_SECS_DEFAULT * 1000,
        .format = &ma_formats[0],
        .spec = {.now_secs = -1, .audited_at = -1}};
    opterr = 0;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, ":vhV", longs, NULL)) != -1;) {
        if (c == ':' || c == '?') {
            say_bad_option(c, argv, err);
            return false;
        }
        if (!read_option(o, c, optarg, err))
            return false;
        if (o->command == MA_COMMAND_DONE)
            return true;
    }
    if (o->spec.now_secs < 0)
        o->spec.now_secs = time(NULL);
    if (o->stamp)
        o->spec.audited_at = o->spec.now_secs;
    if (o->command != MA_COMMAND_AUDIT)
        return true;
    return read_arguments(o, argc - optind, argv + optind, err);
}

void ma_options_clear(struct ma_options *o)
{
    for (size_t i = 0; i < o->owned.count; i++)
        free((void *)(uintptr_t)o->owned.items[i]);
    o->owned.count = 0;
}
