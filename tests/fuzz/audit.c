/* SPDX-License-Identifier: MIT */
/*
 * Whole audits: every check, over observations that the input makes up, and every form of report.
 *
 * The first line has what stands on the command line: the domain, then addresses or host names.
 * Each other line is NAME TYPE DATA: a record that the name has. NAME "*" is every name; TYPE is
 * the first letter of A, TXT, MX, PTR, NS, SOA, CNAME, or 6 for AAAA; DATA is as in a zone file,
 * but for TXT, where it is the bytes themselves. DATA "!x" is failure x, "-" is NXDOMAIN. What is
 * no such line is left out; what has no line is NODATA.
 */
#include "fuzz.h"

#include "audit.h"
#include "report/report.h"

#include <jansson.h>
#include <ldns/ldns.h>

#define RRS_MAX  64
#define WORD_MAX 300

struct world {
    const char *text;
    struct ma_reply reply;
    ldns_rr *rrs[RRS_MAX];
    size_t count;
};

/* ---- the source ------------------------------------------------------------------------------ */

static enum ma_rrtype type_of(char letter)
{
    static const struct {
        char letter;
        enum ma_rrtype type;
    } types[] = {{'A', MA_A}, {'6', MA_AAAA}, {'T', MA_TXT}, {'M', MA_MX}, {'P', MA_PTR},
        {'N', MA_NS}, {'S', MA_SOA}, {'C', MA_CNAME}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].letter == letter)
            return types[i].type;
    return (enum ma_rrtype)0;
}

static ldns_rr *txt_record(const char *name, const char *bytes, size_t size)
{
    ldns_rr *rr = ldns_rr_new();
    ldns_rr_set_type(rr, LDNS_RR_TYPE_TXT);
    ldns_rr_set_class(rr, LDNS_RR_CLASS_IN);
    ldns_rr_set_ttl(rr, 300);
    ldns_rr_set_owner(rr, ldns_dname_new_frm_str(name));
    do {
        uint8_t string[256];
        size_t n = size < 255 ? size : 255;
        string[0] = (uint8_t)n;
        memcpy(string + 1, bytes, n);
        ldns_rr_push_rdf(rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, n + 1, string));
        bytes += n;
        size -= n;
    } while (size > 0);
    return rr;
}

static ldns_rr *record(const char *name, enum ma_rrtype type, const char *data, size_t size)
{
    char line[MA_NAME_TEXT_MAX + 2 * WORD_MAX];
    ldns_rr *rr = NULL;
    char *shown = ldns_rr_type2str((ldns_rr_type)type);
    int n = snprintf(line, sizeof line, "%s. 300 IN %s %.*s", name, shown, (int)size, data);
    free(shown);
    if (type == MA_TXT)
        return txt_record(name, data, size);
    if (n < 0 || (size_t)n >= sizeof line ||
        ldns_rr_new_frm_str(&rr, line, 300, NULL, NULL) != LDNS_STATUS_OK)
        return NULL;
    return rr;
}

static void take_data(
    struct world *w, const char *name, enum ma_rrtype type, const char *data, size_t size)
{
    if (size >= 2 && data[0] == '!' && data[1] > 'a' && data[1] < 'a' + MA_FAIL_COUNT) {
        w->reply.status = MA_FAILED;
        w->reply.failure = (enum ma_failure)(data[1] - 'a');
        return;
    }
    if (size == 1 && data[0] == '-') {
        w->reply.status = MA_NXDOMAIN;
        return;
    }
    ldns_rr *rr = w->count < RRS_MAX && size < 4096 ? record(name, type, data, size) : NULL;
    if (rr != NULL)
        w->rrs[w->count++] = rr;
}

/* One line: does it say something about the name and type? */
static void take_line(
    struct world *w, const char *line, size_t size, const char *name, enum ma_rrtype type)
{
    const char *blank = memchr(line, ' ', size);
    if (blank == NULL || size - (size_t)(blank - line) < 4 || blank[2] != ' ')
        return;
    size_t n = (size_t)(blank - line);
    enum ma_rrtype has = type_of(blank[1]);
    bool named = (n == 1 && *line == '*') || (n == strlen(name) && memcmp(line, name, n) == 0);
    if (named && (has == type || has == MA_CNAME))
        take_data(w, name, has, blank + 3, size - n - 3);
}

static bool ask(void *state, struct ma_store *store, struct ma_entry *entry)
{
    struct world *w = state;
    const struct ma_answer *a = ma_entry_answer(entry);
    w->reply = (struct ma_reply){.status = MA_OK, .rrs = w->rrs, .chase = true};
    w->count = 0;
    for (const char *p = w->text; *p != '\0' && strlen(a->name) < WORD_MAX;) {
        size_t size = strcspn(p, "\n");
        take_line(w, p, size, a->name, a->type);
        p += size + (p[size] != '\0');
    }
    w->reply.rr_count = w->reply.status == MA_OK ? w->count : 0;
    if (w->reply.status == MA_OK && w->count == 0)
        w->reply.status = MA_NODATA;
    /* aliases are asked for again, in the middle of this: what is borrowed stays until then */
    ldns_rr *rrs[RRS_MAX];
    size_t count = w->count;
    memcpy(rrs, w->rrs, sizeof rrs);
    struct ma_reply reply = w->reply;
    reply.rrs = rrs;
    ma_store_settle(store, entry, &reply);
    for (size_t i = 0; i < count; i++)
        ldns_rr_free(rrs[i]);
    return true;
}

/* ---- the audit ------------------------------------------------------------------------------- */

static void on_done(struct ma_audit *a, void *context)
{
    (void)a;
    *(bool *)context = true;
}

static void look(const struct ma_slot *slot, void *context)
{
    (void)context;
    fuzz_answer(slot->answer);
}

/* No form of report lets through what moves a terminal's cursor, or ends in something broken. */
static void render(const struct ma_format *f, const struct ma_report *report)
{
    const struct ma_render_options options = {.columns = 80, .verbose = true, .trace = true};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    HOLDS(out != NULL);
    f->render(out, report, &options);
    HOLDS(fclose(out) == 0);
    for (size_t i = 0; i < size; i++)
        HOLDS((uint8_t)text[i] >= 0x20 || text[i] == '\n' || text[i] == '\r');
    if (strcmp(f->name, "json") == 0) {
        json_error_t error;
        json_t *json = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
        if (json == NULL)
            fprintf(stderr, "%s at %d\n", error.text, error.position);
        HOLDS(json != NULL);
        json_decref(json);
    }
    free(text);
}

static void audit(struct ma_registry *registry, struct world *w, const struct ma_spec *spec)
{
    struct ma_source source = {.name = "made up", .ask = ask, .state = w};
    struct ma_store *store = ma_store_new(&source, 1, 0);
    struct ma_engine engine;
    bool done = false;
    HOLDS(store != NULL);
    ma_engine_init(&engine, registry, store);
    struct ma_audit *a = ma_audit_start(&engine, spec, on_done, &done);
    HOLDS(a != NULL);
    ma_engine_work(&engine);
    HOLDS(done);
    HOLDS(ma_audit_report(a)->status != MA_REPORT_FAILED);
    ma_audit_observations(a, look, NULL);
    for (const struct ma_format *f = ma_formats; f->name != NULL; f++)
        render(f, ma_audit_report(a));
    ma_audit_free(a);
    HOLDS(ma_store_counts(store).entries == 0);
    ma_store_free(store);
}

/* The words of the first line; what cannot be a domain or an address is left out. */
static void read_target(struct ma_spec *s, struct ma_arena *arena, const char *text)
{
    char word[WORD_MAX];
    size_t end = strcspn(text, "\n");
    for (size_t at = 0; at < end;) {
        size_t size = strcspn(text + at, " \n");
        if (size < sizeof word) {
            memcpy(word, text + at, size);
            word[size] = '\0';
            if (s->domain == NULL)
                ma_spec_set_domain(s, arena, word, fuzz_errors());
            else
                ma_spec_add_address(s, arena, word, fuzz_errors());
        }
        at += size + 1;
    }
    if (s->domain == NULL)
        s->domain = s->unicode = "example.com";
}

static struct ma_registry *registry(void)
{
    static struct ma_registry r;
    const struct ma_setup setup = {.err = stderr};
    if (r.count == 0)
        HOLDS(ma_registry_init(&r, stderr) && ma_registry_open(&r, &setup));
    return &r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ma_arena arena;
    struct ma_spec spec = {.now_secs = 1700000000, .audited_at = -1};
    struct world w = {.text = fuzz_text(data, size)};
    ma_arena_init(&arena, 4096, 1024 * 1024);
    read_target(&spec, &arena, w.text);
    audit(registry(), &w, &spec);
    ma_arena_clear(&arena);
    free((void *)(uintptr_t)w.text);
    return 0;
}
