/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#include "address.h"
#include "observe/recording.h"
#include "observe/rrtext.h"
#include "observe/webrecording.h"
#include "observe/zonefile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARENA_CHUNK_BYTES 16384u
#define ARENA_BYTES_MAX   (256u * 1024 * 1024)

struct observed {
    const struct ma_question *question;
    const struct ma_answer *answer;
};

struct recorder {
    struct ma_arena arena;
    const struct ma_audit *audit;
    const struct ma_session *session;
    const struct ma_options *options;
    struct observed *list;
    size_t count, room;
    struct ma_fetched *pages;
    size_t page_count, page_room;
    bool full;
};

static int by_question(const void *a, const void *b)
{
    const struct observed *x = a, *y = b;
    return ma_question_compare(x->question, y->question);
}

static void see_page(struct recorder *r, const struct ma_slot *slot)
{
    struct ma_fetched *pages =
        ma_arena_grow(&r->arena, r->pages, r->page_count, &r->page_room, sizeof *pages);
    r->full |= pages == NULL;
    if (pages == NULL)
        return;
    r->pages = pages;
    r->pages[r->page_count++] = (struct ma_fetched){ma_page_request(slot->page), slot->body};
}

static void see(const struct ma_slot *slot, void *context)
{
    struct recorder *r = context;
    if (slot->page != NULL) {
        see_page(r, slot);
        return;
    }
    struct observed *list = ma_arena_grow(&r->arena, r->list, r->count, &r->room, sizeof *list);
    r->full |= list == NULL;
    if (list == NULL)
        return;
    r->list = list;
    r->list[r->count++] = (struct observed){ma_entry_question(slot->entry), slot->answer};
}

/* ---- records --------------------------------------------------------------------------------- */

/* Names as zone files have them: whatever means something there is escaped. */
static void put_name(FILE *out, const uint8_t *name)
{
    if (*name == 0)
        fputc('.', out);
    for (; *name != 0; fputc('.', out)) {
        for (unsigned n = *name++; n > 0; n--, name++) {
            bool plain = (*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z') ||
                         strchr("-_/*+=:{}", *name) != NULL;
            if (plain && *name != '\0')
                fputc(*name, out);
            else
                fprintf(out, "\\%03u", *name);
        }
    }
}

static void put_type(FILE *out, unsigned type)
{
    const ldns_rr_descriptor *d = ldns_rr_descript((uint16_t)type);
    if (d != NULL && d->_type == (ldns_rr_type)type && d->_name != NULL)
        fputs(d->_name, out);
    else
        fprintf(out, "TYPE%u", type);
}

/* "TYPE DATA" as ldns writes it, or NULL. */
static char *rdata_text(const struct ma_rr *rr)
{
    uint8_t *wire = malloc(2 + rr->rdata_size);
    ldns_rr *parsed = ldns_rr_new();
    char *text = NULL, *data = NULL;
    size_t at = 0;
    if (wire != NULL && parsed != NULL && rr->rdata_size <= UINT16_MAX) {
        wire[0] = (uint8_t)(rr->rdata_size >> 8);
        wire[1] = (uint8_t)rr->rdata_size;
        memcpy(wire + 2, rr->rdata, rr->rdata_size);
        ldns_rr_set_type(parsed, (ldns_rr_type)rr->type);
        ldns_rr_set_owner(parsed, ldns_dname_new_frm_str("."));
        if (ldns_wire2rdf(parsed, wire, 2 + rr->rdata_size, &at) == LDNS_STATUS_OK)
            text = ldns_rr2str_fmt(ldns_output_format_nocomments, parsed);
    }
    /* ". TTL IN TYPE DATA\n", with tabs between them */
    const char *p = text;
    for (int i = 0; i < 4 && p != NULL; i++)
        p = strchr(p + (i > 0), '\t');
    if (p != NULL)
        data = strndup(p + 1, strcspn(p + 1, "\n"));
    free(text);
    free(wire);
    if (parsed != NULL)
        ldns_rr_free(parsed);
    return data;
}

/* Does a line yield the record again, byte for byte? */
static bool reads_back(const char *line, const struct ma_rr *rr)
{
    struct ma_rrtext context = {0};
    struct ma_lines lines;
    ldns_rr *again = NULL;
    size_t at = 0;
    if (ma_lines_init(&lines, line) && ma_lines_next(&lines))
        again = ma_rrtext_parse(&context, lines.text);
    ma_lines_clear(&lines);
    if (again == NULL)
        return false;
    bool same = ldns_rr_get_type(again) == (ldns_rr_type)rr->type;
    for (size_t i = 0; same && i < ldns_rr_rd_count(again); i++) {
        const ldns_rdf *f = ldns_rr_rdf(again, i);
        size_t n = ldns_rdf_size(f);
        same = n <= rr->rdata_size - at && memcmp(rr->rdata + at, ldns_rdf_data(f), n) == 0;
        at += n;
    }
    ldns_rr_free(again);
    return same && at == rr->rdata_size;
}

static bool put_record(FILE *out, const struct ma_rr *rr)
{
    char *line = NULL, *data = rdata_text(rr);
    size_t size = 0;
    uint8_t owner[MA_NAME_WIRE_MAX];
    FILE *text = open_memstream(&line, &size);
    if (text == NULL || ma_name_to_wire(owner, rr->owner) == 0) {
        free(data);
        return false;
    }
    put_name(text, owner);
    fprintf(text, " %u IN ", rr->ttl_secs);
    put_type(text, rr->type);
    long head = ftell(text);
    fprintf(text, " %s", data != NULL ? data : "");
    fflush(text);
    if (line == NULL || !reads_back(line, rr)) { /* what ldns cannot print or read: as bytes */
        fseek(text, head, SEEK_SET);
        fprintf(text, " \\# %zu ", rr->rdata_size);
        for (size_t i = 0; i < rr->rdata_size; i++)
            fprintf(text, "%02x", rr->rdata[i]);
    }
    bool ok = fclose(text) == 0 && line != NULL && fprintf(out, " %s\n", line) > 0;
    free(line);
    free(data);
    return ok;
}

/* ---- questions ------------------------------------------------------------------------------- */

static void put_detail(FILE *out, const char *text)
{
    fputs(" detail=\"", out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if (*text >= 0x20 && *text < 0x7f)
            fputc(*text, out);
        else
            fprintf(out, "\\%03u", (unsigned char)*text);
    }
    fputc('"', out);
}

static void put_outcome(FILE *out, const struct ma_answer *a)
{
    switch (a->status) {
    case MA_OK:
        fputs("ok", out);
        break;
    case MA_NODATA:
    case MA_NXDOMAIN:
        fprintf(
            out, "%s negative-ttl=%u", a->status == MA_NODATA ? "nodata" : "nxdomain", a->ttl_secs);
        break;
    case MA_FAILED:
        fprintf(out, "failed:%s", ma_failure_name(a->failure));
        break;
    case MA_PENDING: /* the audit's time ran out */
        fprintf(out, "failed:%s", ma_failure_name(MA_FAIL_BUDGET));
        break;
    }
}

static bool put_observation(FILE *out, const struct observed *o)
{
    static const char *const security[] = {
        [MA_INSECURE] = "insecure", [MA_SECURE] = "secure", [MA_BOGUS] = "bogus"};
    const struct ma_question *q = o->question;
    const struct ma_answer *a = o->answer;
    char address[MA_ADDRESS_TEXT_MAX];
    put_name(out, q->name);
    fputc(' ', out);
    put_type(out, q->type);
    fputc(' ', out);
    put_outcome(out, a);
    if (a->security != MA_SECURITY_UNASKED)
        fprintf(out, " security=%s", security[a->security]);
    if (a->detail != NULL && *a->detail != '\0')
        put_detail(out, a->detail);
    if (q->server.family != 0) {
        ma_address_print(address, &q->server);
        fprintf(out, " server=%s#%u", address, q->port);
    }
    fprintf(out, "%s%s\n", q->validate ? " validate" : "", q->recursive ? " recursive" : "");
    for (size_t i = 0; i < a->chain_count; i++)
        if (!put_record(out, &a->chain[i]))
            return false;
    for (size_t i = 0; i < a->rr_count; i++)
        if (!put_record(out, &a->rrs[i]))
            return false;
    return true;
}

static bool put_observations(FILE *out, const struct recorder *r)
{
    fputs(MA_RECORDING_DNS "\n", out);
    for (size_t i = 0; i < r->count; i++)
        if (!put_observation(out, &r->list[i]))
            return false;
    return true;
}

static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= 0x20 && *text < 0x7f && *text != '\\')
            fputc(*text, out);
        else
            fprintf(out, "\\%03u", (unsigned char)*text);
    }
}

static void put_pair(FILE *out, const char *key, const char *value)
{
    if (value == NULL)
        return;
    fprintf(out, "%s ", key);
    put_text(out, value);
    fputc('\n', out);
}

static void put_checks(FILE *out, const struct ma_registry *registry)
{
    for (size_t i = 0; i < registry->count; i++)
        if (registry->checks[i].enabled)
            put_pair(out, "check", registry->checks[i].check->name);
}

/* A file by its name alone: what folder it lies in is nobody's business. */
static void put_file(FILE *out, const char *option, const char *path)
{
    const char *slash = strrchr(path, '/');
    fprintf(out, "file %s ", option);
    put_text(out, slash != NULL ? slash + 1 : path);
    fputc('\n', out);
}

static const struct ma_setting_pair *find_setting(const struct ma_options *o, const char *name)
{
    for (size_t i = 0; i < o->setting_count; i++) /* the first of a name counts */
        if (strcmp(o->settings[i].name, name) == 0)
            return &o->settings[i];
    return NULL;
}

static void put_settings(FILE *out, const struct ma_options *o, const struct ma_session *session)
{
    for (size_t i = 0; ma_recorded_settings[i] != NULL; i++) {
        const struct ma_setting_pair *s = find_setting(o, ma_recorded_settings[i]);
        if (s != NULL) {
            fprintf(out, "setting %s ", s->name);
            put_text(out, s->value);
            fputc('\n', out);
        }
    }
    if (o->profile != NULL)
        put_pair(out, "profile", o->profile);
    for (size_t i = 0; ma_recorded_files[i] != NULL; i++) {
        const struct ma_setting_pair *s = find_setting(o, ma_recorded_files[i]);
        if (s != NULL)
            put_file(out, s->name, s->value);
    }
    if (session->policy_file != NULL)
        put_file(out, "policy", session->policy_file);
}

static void put_target(FILE *out, const struct ma_spec *s)
{
    /* a top-level domain is taken for a command without its dot */
    fputs("domain ", out);
    put_text(out, s->domain);
    fputs(strchr(s->domain, '.') == NULL ? ".\n" : "\n", out);
    for (size_t i = 0; i < s->address_count; i++)
        put_pair(out, "address", s->addresses[i]);
    put_pair(out, "sender", s->sender != NULL && *s->sender == '\0' ? "<>" : s->sender);
    put_pair(out, "helo", s->helo);
    put_pair(out, "role", s->role_given ? ma_role_name(s->role) : NULL);
    for (size_t i = 0; i < s->selector_count; i++)
        put_pair(out, "selector", s->selectors[i]);
}

static void put_audit(FILE *out, const struct recorder *r)
{
    const struct ma_spec *s = ma_audit_spec(r->audit);
    fputs(MA_RECORDING_AUDIT "\n", out);
    put_target(out, s);
    put_checks(out, r->session->engine.registry);
    put_settings(out, r->options, r->session);
    fprintf(out, "now %lld\nobservations %zu\n", (long long)s->now_secs, r->count);
    if (r->page_count > 0)
        fprintf(out, "bodies %zu\n", r->page_count);
}

/* ---- the folder ------------------------------------------------------------------------------ */

/*
 * The files are written into a new folder beside the one that is wanted, which then takes its
 * place in one step: whoever looks finds the old recording or the new one, never a mixture.
 */
static const char *const files[] = {"dns.txt", "https.txt", "audit.txt"};
#define FILES (sizeof files / sizeof *files)

static bool complain(FILE *err, const char *path)
{
    fprintf(err, "cannot write '%s': %s\n", path, strerror(errno));
    return false;
}

static void remove_files(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; fd >= 0 && i < FILES; i++)
        unlinkat(fd, files[i], 0);
    if (fd >= 0)
        close(fd);
    rmdir(dir);
}

/* Nothing there but an earlier recording? errno says what is wrong. */
static bool may_replace(const char *dir)
{
    DIR *d = opendir(dir);
    if (d == NULL)
        return errno == ENOENT;
    bool ours = true;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        bool known = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
        for (size_t i = 0; i < FILES; i++)
            known = known || strcmp(e->d_name, files[i]) == 0;
        ours = ours && known;
    }
    closedir(d);
    if (!ours)
        errno = ENOTEMPTY;
    return ours;
}

static bool write_file(const char *dir, const char *name, const struct recorder *r)
{
    char path[PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/%s", dir, name);
    errno = ENAMETOOLONG;
    FILE *out = size > 0 && (size_t)size < sizeof path ? fopen(path, "wxe") : NULL;
    if (out == NULL)
        return false;
    bool ok = true;
    if (strcmp(name, "dns.txt") == 0)
        ok = put_observations(out, r);
    else if (strcmp(name, "https.txt") == 0)
        ok = ma_web_recording_write(out, r->pages, r->page_count);
    else
        put_audit(out, r);
    ok = ok && fflush(out) == 0 && !ferror(out) && fsync(fileno(out)) == 0;
    return fclose(out) == 0 && ok;
}

static bool sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool put_in_place(const char *temporary, const char *dir)
{
    if (rename(temporary, dir) == 0) /* there was none, or an empty one */
        return true;
    if (errno != ENOTEMPTY && errno != EEXIST)
        return false;
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, dir, RENAME_EXCHANGE) != 0)
        return false;
    remove_files(temporary); /* the old one */
    return true;
}

static bool write_dir(char *temporary, const char *dir, const struct recorder *r)
{
    mode_t mask = umask(0);
    umask(mask);
    if (mkdtemp(temporary) == NULL)
        return false;
    bool ok = chmod(temporary, 0777 & ~mask) == 0;
    for (size_t i = 0; ok && i < FILES; i++)
        if (strcmp(files[i], "https.txt") != 0 || r->page_count > 0)
            ok = write_file(temporary, files[i], r);
    ok = ok && sync_dir(temporary) && put_in_place(temporary, dir);
    if (!ok) {
        int saved = errno;
        remove_files(temporary);
        errno = saved;
    }
    return ok;
}

bool ma_recording_write(const char *dir, const struct ma_audit *audit,
    const struct ma_session *session, const struct ma_options *options, FILE *err)
{
    struct recorder r = {.audit = audit, .session = session, .options = options};
    if (!may_replace(dir))
        return complain(err, dir);
    ma_arena_init(&r.arena, ARENA_CHUNK_BYTES, ARENA_BYTES_MAX);
    ma_audit_observations(audit, see, &r);
    if (r.count > 0)
        qsort(r.list, r.count, sizeof *r.list, by_question);
    size_t size = strlen(dir);
    while (size > 1 && dir[size - 1] == '/') /* the new folder is to be beside it, not in it */
        size--;
    char *temporary = ma_arena_printf(&r.arena, "%.*s.XXXXXX", (int)size, dir);
    errno = ENOMEM;
    bool ok = !r.full && temporary != NULL && write_dir(temporary, dir, &r);
    if (!ok)
        complain(err, dir);
    ma_arena_clear(&r.arena);
    return ok;
}
