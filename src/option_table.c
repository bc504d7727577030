/* SPDX-License-Identifier: MIT */
/* option_table.c - every option: its name and what it does with its value. */
#include "config.h"
#include "nagios_options.h"
#include "name.h"
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MA_TIMEOUT_SECS_MAX 3600
#define MA_WORKERS_MAX      64
#define MA_MEMORY_LEAST     (64u << 20)

static const char usage[] =
    "usage: mailaudit [options] DOMAIN [ADDRESS...]\n"
    "\n"
    "Tells whether the world will take mail from DOMAIN sent from ADDRESS (an IP address or a\n"
    "host name; without one: the addresses of the mail exchangers), and what to change.\n"
    "\n"
    "What to ask\n"
    "      --zone [ORIGIN=]FILE     answer from this zone file (repeatable)\n"
    "      --offline                ask nothing outside the given zones\n"
    "  -n, --nameserver ADDR[:PORT] ask this server, not those of /etc/resolv.conf (repeatable)\n"
    "      --resolver recursive     ask from the root on, not a resolver\n"
    "      --dnssec                 validate the domain's answers; --trust-anchor FILE, "
    "--root-hints\n"
    "      --name-servers           ask each of the domain's name servers itself\n"
    "      --allow-private          also at special-purpose addresses\n"
    "      --ca-file FILE           trust these certificates, too, when fetching by HTTPS\n"
    "      --canary NAME            whose NS tell that the resolver works (the root)\n"
    "  -t, --timeout SECS           for the whole audit (30)\n"
    "      --record DIR             keep what was observed; --replay DIR repeats it\n"
    "Whom to ask about\n"
    "      --sender ADDR            the MAIL FROM address (postmaster@DOMAIN)\n"
    "      --helo NAME              the HELO name of the sending host\n"
    "      --authorize              propose the SPF record that lets the addresses send\n"
    "      --void-limit N           SPF look-ups that may find nothing (2)\n"
    "      --selector NAME          a DKIM selector (repeatable)\n"
    "      --message FILE           a message of the domain's: its selectors\n"
    "      --probe-selectors all    ask for every DKIM selector that is known, not the common "
    "ones\n"
    "      --private-key FILE       does the published DKIM key belong to this one?\n"
    "      --role ROLE              sends-and-receives, sends-only, receives-only or parked\n"
    "What to check\n"
    "      --check NAME[,NAME]      only these checks; --no-check leaves some out\n"
    "      --lists FILE             these block lists, not the default set\n"
    "      --dnsbl-keys FILE        keys of block lists for customers: ZONE KEY lines\n"
    "      --dnsbl-scope WORD,...   look up senders, mx addresses, names (senders,names)\n"
    "      --psl FILE               this public suffix list\n"
    "      --rdap                   who holds the addresses' networks, whom to write to\n"
    "      --rdap-bootstrap FILE    ask by IANA's ipv4.json (FILE,FILE: and ipv6.json)\n"
    "      --plugin FILE            a check from a shared object (repeatable)\n"
    "      --policy FILE            severities, points and mutes of your own\n"
    "      --profile strict         missing good practice is a warning\n"
    "What to print\n"
    "      --format text|json       the report's form (text)\n"
    "      --output FILE            write it there\n"
    "      --changed STATEFILE      print only what changed since the last run; for cron\n"
    "      --nagios                 be a monitoring plug-in; --check-rbl: one for block lists\n"
    "      --trace                  the SPF evaluation, step by step\n"
    "      --stamp                  put the time of the audit into the report\n"
    "      --color auto|always|never\n"
    "      --fail-on SEVERITY       exit 1 from this severity on (error)\n"
    "      --incomplete-ok          exit 0, not 3, when only answers are missing\n"
    "      --rules, --explain RULE  all rules; one rule\n"
    "  -v, --verbose  -h, --help  -V, --version\n"
    "\n";
/* C promises no string of more than 4,095 bytes. */
static const char usage_commands[] =
    "mailaudit batch [FILE]         audits every line of FILE: DOMAIN[,ADDRESS...], or JSON\n"
    "      --format json|csv        what to write (json: one report a line)\n"
    "      --output-dir DIR         a file a report\n"
    "      --ordered                in the order of the input\n"
    "      --resume                 go on where an earlier run of the same batch ended\n"
    "      --workers N              processes (1)    --in-flight N  audits at once, each (1000)\n"
    "      --qps N                  questions a second, all workers together\n"
    "      --limit ZONE=QPS         questions a second about names under ZONE, each worker\n"
    "      --memory SIZE            take in less rather than grow beyond, such as 512M\n"
    "      --summary FILE           the summary, as text or by .json or .csv\n"
    "      --shard I/N              only the I-th of N parts of the input\n"
    "mailaudit flatten DOMAIN       networks that its SPF record authorises; --format cidr, spf,\n"
    "                               postgrey, postfix or json\n"
    "mailaudit lists                state of every block list, as seen from here\n"
    "mailaudit message FILE [ADDR]  one mail message: its signatures, SPF, DMARC, what broke\n"
    "mailaudit summary FILE...      grades, findings and unknowns of a batch's reports\n"
    "mailaudit why LINK             explains the refusal that ends in such a link on SPF; or\n"
    "                               SENDER IP [RECEIVER], --helo NAME\n"
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

static bool read_fail_on(struct ma_options *o, const char *text, FILE *err)
{
    o->fail_on_given = true;
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

static bool read_nameserver(struct ma_options *o, const char *text, FILE *err)
{
    if (o->nameserver_count == MA_NAMESERVERS_MAX) {
        fprintf(err, "too many of --nameserver: at most %d\n", MA_NAMESERVERS_MAX);
        return false;
    }
    if (ma_server_parse(&o->nameservers[o->nameserver_count], text)) {
        o->nameserver_count++;
        return true;
    }
    fprintf(err, "--nameserver '%s': not ADDR, ADDR:PORT or [ADDR6]:PORT\n", text);
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
    if (!read_number(&secs, text, 0, 253402300799.0, "--now", err)) /* the year 9999 */
        return false;
    o->spec.now_secs = (int64_t)secs;
    return true;
}

static bool read_count(unsigned *out, const char *text, unsigned most, const char *what, FILE *err)
{
    double value;
    if (!read_number(&value, text, 1, most, what, err))
        return false;
    *out = (unsigned)value;
    return true;
}

static bool read_workers(struct ma_options *o, const char *text, FILE *err)
{
    return read_count(&o->batch.workers, text, MA_WORKERS_MAX, "--workers", err);
}

static bool read_in_flight(struct ma_options *o, const char *text, FILE *err)
{
    return read_count(&o->batch.in_flight, text, 100000, "--in-flight", err);
}

/* ZONE=QPS */
static bool read_limit(struct ma_options *o, const char *text, FILE *err)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    const char *equals = strrchr(text, '=');
    struct ma_limit *l = &o->batch.limits[o->batch.limit_count];
    if (o->batch.limit_count == MA_LIMITS_MAX) {
        fprintf(err, "too many of --limit: at most %d\n", MA_LIMITS_MAX);
        return false;
    }
    l->zone = equals != NULL ? ma_arena_copy(&o->arena, text, (size_t)(equals - text)) : NULL;
    if (l->zone == NULL || ma_name_to_wire(wire, l->zone) == 0) {
        fprintf(err, "--limit '%s': not ZONE=QPS\n", text);
        return false;
    }
    o->batch.limit_count++;
    return read_count(&l->qps, equals + 1, 1000000, "--limit", err);
}

static bool read_qps(struct ma_options *o, const char *text, FILE *err)
{
    return read_count(&o->batch.qps, text, 10000000, "--qps", err);
}

/* Bytes, with K, M or G behind the number. */
static bool read_memory(struct ma_options *o, const char *text, FILE *err)
{
    static const char units[] = "KMG";
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
    unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
    if (end == text || *text == '-' || errno != 0 || end[unit != NULL] != '\0' ||
        value > (UINT64_C(1) << 50) >> shift || value << shift < MA_MEMORY_LEAST) {
        fprintf(err, "--memory '%s': not a size from 64M, such as 512M or 2G\n", text);
        return false;
    }
    o->batch.memory_bytes = (size_t)(value << shift);
    return true;
}

/* A number of at most six digits; where it ends, or NULL. */
static const char *digits(const char *text, unsigned *value_r)
{
    const char *p = text;
    *value_r = 0;
    for (; *p >= '0' && *p <= '9' && p - text < 6; p++)
        *value_r = *value_r * 10 + (unsigned)(*p - '0');
    return p > text ? p : NULL;
}

static bool read_shard(struct ma_options *o, const char *text, FILE *err)
{
    unsigned i = 0, n = 0;
    const char *slash = digits(text, &i);
    const char *end = slash != NULL && *slash == '/' ? digits(slash + 1, &n) : NULL;
    if (end == NULL || *end != '\0' || i < 1 || i > n) {
        fprintf(err, "--shard '%s': not I/N with I from 1 to N\n", text);
        return false;
    }
    o->batch.shard = i;
    o->batch.shards = n;
    return true;
}

bool ma_options_set(struct ma_options *o, const char *name, const char *value, FILE *err)
{
    if (o->setting_count == MA_SETTINGS_MAX) {
        fprintf(err, "--%s: too many settings\n", name);
        return false;
    }
    o->settings[o->setting_count++] = (struct ma_setting_pair){name, value};
    return true;
}

static bool read_lists(struct ma_options *o, const char *text, FILE *err)
{
    return ma_options_set(o, "lists", text, err);
}

static bool read_void_limit(struct ma_options *o, const char *text, FILE *err)
{
    bool is_digit = strlen(text) == 1 && *text >= '0' && *text <= '9';
    if (is_digit || strcmp(text, "10") == 0) /* the look-ups that there are at most */
        return ma_options_set(o, "void-limit", text, err);
    fprintf(err, "--void-limit '%s': not a number from 0 to 10\n", text);
    return false;
}

static bool read_dnsbl_scope(struct ma_options *o, const char *text, FILE *err)
{
    return ma_options_set(o, "dnsbl-scope", text, err);
}

static bool read_dnsbl_keys(struct ma_options *o, const char *text, FILE *err)
{
    return ma_keys_load(&o->keys, text, err);
}

static bool read_psl(struct ma_options *o, const char *text, FILE *err)
{
    return ma_options_set(o, "psl", text, err);
}

static bool read_rdap(struct ma_options *o, const char *text, FILE *err)
{
    (void)text;
    o->rdap = true;
    return ma_options_set(o, "rdap", "yes", err); /* check ptr asks, too */
}

static bool read_rdap_bootstrap(struct ma_options *o, const char *text, FILE *err)
{
    return ma_options_set(o, "rdap-bootstrap", text, err);
}

static bool read_private_key(struct ma_options *o, const char *text, FILE *err)
{
    return ma_options_set(o, "private-key", text, err);
}

static bool read_probe_selectors(struct ma_options *o, const char *text, FILE *err)
{
    if (strcmp(text, "all") == 0 || strcmp(text, "common") == 0)
        return ma_options_set(o, "probe-selectors", text, err);
    fprintf(err, "--probe-selectors '%s': not one of common, all\n", text);
    return false;
}

static bool read_canary(struct ma_options *o, const char *text, FILE *err)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    if (ma_name_to_wire(wire, text) == 0) {
        fprintf(err, "--canary '%s' cannot be a domain name\n", text);
        return false;
    }
    return ma_options_set(o, "canary", text, err);
}

static bool read_authorize(struct ma_options *o, const char *text, FILE *err)
{
    (void)text;
    return ma_options_set(o, "authorize", "yes", err);
}

static bool read_dnssec(struct ma_options *o, const char *text, FILE *err)
{
    (void)text;
    return ma_options_set(o, "dnssec", "yes", err);
}

static bool read_name_servers(struct ma_options *o, const char *text, FILE *err)
{
    (void)text;
    return ma_options_set(o, "name-servers", "yes", err);
}

static bool read_resolver(struct ma_options *o, const char *text, FILE *err)
{
    o->recursive = strcmp(text, "recursive") == 0;
    if (o->recursive || strcmp(text, "configured") == 0)
        return true;
    fprintf(err, "--resolver '%s': not one of configured, recursive\n", text);
    return false;
}

static bool read_zone(struct ma_options *o, const char *text, FILE *err)
{
    return push(&o->zones, text, "--zone", err);
}

static bool read_plugin(struct ma_options *o, const char *text, FILE *err)
{
    return push(&o->plugins, text, "--plugin", err);
}

static bool read_sender(struct ma_options *o, const char *text, FILE *err)
{
    return ma_spec_set_sender(&o->spec, &o->arena, text, err);
}

static bool read_helo(struct ma_options *o, const char *text, FILE *err)
{
    return ma_spec_set_helo(&o->spec, &o->arena, text, err);
}

static bool read_role(struct ma_options *o, const char *text, FILE *err)
{
    return ma_spec_set_role(&o->spec, text, err);
}

static bool read_selector(struct ma_options *o, const char *text, FILE *err)
{
    return ma_spec_add_selector(&o->spec, &o->arena, text, err);
}

static bool read_explain(struct ma_options *o, const char *text, FILE *err)
{
    (void)err;
    o->action = MA_ACTION_EXPLAIN;
    o->explain = text;
    return true;
}

static bool read_rules(struct ma_options *o, const char *text, FILE *err)
{
    (void)text;
    (void)err;
    o->action = MA_ACTION_RULES;
    return true;
}

bool ma_print_usage(struct ma_options *o, const char *text, FILE *err)
{
    (void)text;
    (void)err;
    o->action = MA_ACTION_DONE;
    fputs(o->plug_in.active ? ma_nagios_usage : usage, stdout);
    if (!o->plug_in.active)
        fputs(usage_commands, stdout);
    return true;
}

static bool print_version(struct ma_options *o, const char *text, FILE *err)
{
    (void)text;
    (void)err;
    o->action = MA_ACTION_DONE;
    puts(o->plug_in.active ? "check_mailaudit " MA_VERSION : "mailaudit " MA_VERSION);
    return true;
}

/* Options that only keep a word or say yes. */
#define KEEP(function, member)                                                                     \
    static bool function(struct ma_options *o, const char *text, FILE *err)                        \
    {                                                                                              \
        (void)err;                                                                                 \
        o->member = text;                                                                          \
        return true;                                                                               \
    }
#define YES(function, member)                                                                      \
    static bool function(struct ma_options *o, const char *text, FILE *err)                        \
    {                                                                                              \
        (void)text;                                                                                \
        (void)err;                                                                                 \
        o->member = true;                                                                          \
        return true;                                                                               \
    }
KEEP(read_policy, policy)
KEEP(read_profile, profile)
KEEP(read_trust_anchor, trust_anchor)
KEEP(read_root_hints, root_hints)
KEEP(read_message, selectors_of)
KEEP(read_ca_file, ca_file)
YES(read_allow_private, allow_private)
KEEP(read_format, format_name)
KEEP(read_output, output)
KEEP(read_changed, changed)
KEEP(read_check, only)
KEEP(read_no_check, without)
KEEP(read_record, record)
KEEP(read_replay, replay)
KEEP(read_output_dir, batch.dir)
KEEP(read_summary, batch.summary)
YES(read_ordered, batch.ordered)
YES(read_resume, batch.resume)
YES(read_offline, offline)
YES(read_incomplete_ok, incomplete_ok)
YES(read_stamp, stamp)
YES(read_trace, trace)

static bool read_verbose(struct ma_options *o, const char *text, FILE *err)
{
    (void)text;
    (void)err;
    o->verbose++;
    return true;
}

/* Seen by ma_nagios_scan() before all others. */
static bool seen_already(struct ma_options *o, const char *text, FILE *err)
{
    (void)o;
    (void)text;
    (void)err;
    return true;
}

const struct ma_option ma_option_table[] = {
    {"allow-private", 0, false, read_allow_private},
    {"authorize", 0, false, read_authorize},
    {"ca-file", 0, true, read_ca_file},
    {"canary", 0, true, read_canary},
    {"changed", 0, true, read_changed},
    {"check", 0, true, read_check},
    {"check-rbl", 0, false, seen_already},
    {"color", 0, true, read_colour},
    {"colour", 0, true, read_colour},
    {"dnsbl-keys", 0, true, read_dnsbl_keys},
    {"dnsbl-scope", 0, true, read_dnsbl_scope},
    {"dnssec", 0, false, read_dnssec},
    {"explain", 0, true, read_explain},
    {"fail-on", 0, true, read_fail_on},
    {"format", 0, true, read_format},
    {"helo", 0, true, read_helo},
    {"help", 'h', false, ma_print_usage},
    {"in-flight", 0, true, read_in_flight},
    {"incomplete-ok", 0, false, read_incomplete_ok},
    {"limit", 0, true, read_limit},
    {"lists", 0, true, read_lists},
    {"memory", 0, true, read_memory},
    {"message", 0, true, read_message},
    {"nagios", 0, false, seen_already},
    {"name-servers", 0, false, read_name_servers},
    {"nameserver", 'n', true, read_nameserver},
    {"no-check", 0, true, read_no_check},
    {"now", 0, true, read_now},
    {"offline", 0, false, read_offline},
    {"ordered", 0, false, read_ordered},
    {"output", 0, true, read_output},
    {"output-dir", 0, true, read_output_dir},
    {"plugin", 0, true, read_plugin},
    {"policy", 0, true, read_policy},
    {"private-key", 0, true, read_private_key},
    {"probe-selectors", 0, true, read_probe_selectors},
    {"profile", 0, true, read_profile},
    {"psl", 0, true, read_psl},
    {"qps", 0, true, read_qps},
    {"rdap", 0, false, read_rdap},
    {"rdap-bootstrap", 0, true, read_rdap_bootstrap},
    {"record", 0, true, read_record},
    {"replay", 0, true, read_replay},
    {"resolver", 0, true, read_resolver},
    {"resume", 0, false, read_resume},
    {"role", 0, true, read_role},
    {"root-hints", 0, true, read_root_hints},
    {"rules", 0, false, read_rules},
    {"selector", 0, true, read_selector},
    {"sender", 0, true, read_sender},
    {"shard", 0, true, read_shard},
    {"stamp", 0, false, read_stamp},
    {"summary", 0, true, read_summary},
    {"timeout", 't', true, read_timeout},
    {"trace", 0, false, read_trace},
    {"trust-anchor", 0, true, read_trust_anchor},
    {"verbose", 'v', false, read_verbose},
    {"version", 'V', false, print_version},
    {"void-limit", 0, true, read_void_limit},
    {"workers", 0, true, read_workers},
    {"zone", 0, true, read_zone},
};
const size_t ma_option_count = sizeof ma_option_table / sizeof *ma_option_table;
