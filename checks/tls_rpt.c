/* SPDX-License-Identifier: MIT */
/*
 * tls_rpt - SMTP TLS reporting (RFC 8460): the record at _smtp._tls that asks senders to tell when
 * they cannot deliver over TLS.
 */
#include <mailaudit/check.h>

#include <string.h>
#include <strings.h>

/* Destinations kept; senders need not use more than the first (RFC 8460 3). */
#define DESTINATIONS_MAX 16
#define VERSION          "v=TLSRPTv1"
#define VERSION_SIZE     (sizeof(VERSION) - 1)
#define EXT_NAME_MAX     32 /* bytes of an extension's name, RFC 8460 3 */

enum tls_rpt_rule { MISSING, MULTIPLE, SYNTAX, NO_RUA, BAD_DESTINATION, IGNORED, UNKNOWN, OK };

static const struct ma_rule rules[] = {
    [MISSING] = {.id = "tls_rpt.missing",
        .severity = MA_NOTICE,
        .title = "there is no TLS reporting record",
        .why = "nobody tells you when mail to you fails, or goes in clear, because of your "
               "certificate, MTA-STS policy or DANE records",
        .fix = "publish a TLS reporting record whose mailbox (or https address) you read",
        .reference = "RFC 8460 3"},
    [MULTIPLE] = {.id = "tls_rpt.multiple",
        .severity = MA_WARNING,
        .title = "there are several TLS reporting records",
        .why = "senders must then act as if there were none: no report is sent",
        .fix = "keep one TXT record that begins with v=TLSRPTv1; at {subject}; one record may name "
               "several destinations, separated by commas",
        .reference = "RFC 8460 3"},
    [SYNTAX] = {.id = "tls_rpt.syntax",
        .severity = MA_WARNING,
        .title = "the TLS reporting record has a syntax error",
        .why = "senders that follow the standard ignore the record: no report is sent",
        .fix = "correct the record at {subject}: {expected}",
        .reference = "RFC 8460 3"},
    [NO_RUA] = {.id = "tls_rpt.no-destination",
        .severity = MA_WARNING,
        .title = "the TLS reporting record names nowhere to send reports to",
        .why = "without a destination that works no report is sent",
        .fix = "add rua=mailto:... or rua=https://... to the record at {subject}",
        .reference = "RFC 8460 3"},
    [BAD_DESTINATION] = {.id = "tls_rpt.bad-destination",
        .severity = MA_NOTICE,
        .title = "a destination of the TLS reports cannot be used",
        .why = "reports go to mailto: and https: addresses only; this destination gets none",
        .fix = "correct or remove the destination: {expected}",
        .reference = "RFC 8460 3"},
    [IGNORED] = {.id = "tls_rpt.ignored",
        .severity = MA_WARNING,
        .title = "the record at _smtp._tls is no TLS reporting record",
        .why = "senders discard any record that does not begin with v=TLSRPTv1; so no report is "
               "sent",
        .fix = "let the record at {subject} begin with exactly v=TLSRPTv1; (case matters)",
        .reference = "RFC 8460 3"},
    [UNKNOWN] = {.id = "tls_rpt.unknown",
        .severity = MA_UNKNOWN,
        .could_be = MA_WARNING,
        .title = "the TLS reporting record could not be looked up",
        .why = "whether senders can report TLS failures to you is not known",
        .fix = "see that the name servers of {domain} answer for {subject}, then run the audit "
               "again",
        .reference = "RFC 8460 3"},
    [OK] = {.id = "tls_rpt.ok",
        .severity = MA_PASS,
        .title = "senders are told where to report TLS failures",
        .why = "you hear when senders cannot use TLS with your servers",
        .reference = "RFC 8460 3"},
};

/* ---- the record's syntax --------------------------------------------------------------------- */

/* A bounded cursor over the joined strings of a record. */
struct cursor {
    const char *bytes;
    size_t size, at;
};

struct destination {
    size_t offset, length;
    const char *fault; /* what to write instead, or NULL when it can be used */
};

struct parsed {
    struct destination destinations[DESTINATIONS_MAX];
    size_t count, usable;
    bool has_rua;
    const char *fault; /* what was expected, or NULL: the syntax is right */
    size_t fault_at, fault_length;
};

static bool is_wsp(char c)
{
    return c == ' ' || c == '\t';
}

static void skip_wsp(struct cursor *in)
{
    while (in->at < in->size && is_wsp(in->bytes[in->at]))
        in->at++;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool starts_with(const struct cursor *in, const char *word)
{
    size_t size = strlen(word);

    return in->size - in->at >= size && memcmp(in->bytes + in->at, word, size) == 0;
}

static bool starts_with_nocase(const char *bytes, size_t size, const char *word)
{
    return size >= strlen(word) && strncasecmp(bytes, word, strlen(word)) == 0;
}

/* Printable ASCII without blanks, and none of the characters that must be encoded in a URI here. */
static const char *uri_characters_fault(const char *uri, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (uri[i] == '!')
            return "write '!' as %21: a size limit as in DMARC does not exist here";
        if (uri[i] <= ' ' || uri[i] > '~' || strchr("\"<>\\^`{|}", uri[i]) != NULL)
            return "percent-encode blanks and other characters that a URI cannot hold";
    }
    return NULL;
}

static const char *mailto_fault(const char *rest, size_t size)
{
    const char *query = memchr(rest, '?', size);
    size_t length = query != NULL ? (size_t)(query - rest) : size;
    const char *at = memchr(rest, '@', length);

    if (at == NULL || at == rest || at == rest + length - 1)
        return "write mailto:LOCAL-PART@DOMAIN";
    return NULL;
}

/* What is wrong with one destination, or NULL. */
static const char *uri_fault(const char *uri, size_t size)
{
    const char *fault = uri_characters_fault(uri, size);

    if (fault != NULL)
        return fault;
    if (starts_with_nocase(uri, size, "mailto:"))
        return mailto_fault(uri + 7, size - 7);
    if (starts_with_nocase(uri, size, "https://"))
        return size > 8 && uri[8] != '/' ? NULL : "write https://HOST/PATH";
    if (memchr(uri, '@', size) != NULL && memchr(uri, ':', size) == NULL)
        return "write mailto: before a mail address";
    return "use a mailto: or an https: address";
}

static void add_destination(struct parsed *out, const struct cursor *in, size_t start, size_t end)
{
    struct destination *dest;

    while (start < end && is_wsp(in->bytes[start]))
        start++;
    while (end > start && is_wsp(in->bytes[end - 1]))
        end--;
    if (out->count == DESTINATIONS_MAX) {
        dest = &out->destinations[DESTINATIONS_MAX - 1];
        out->usable -= dest->fault == NULL;
        dest->fault = "name fewer destinations: no more than 16 are looked at";
        return;
    }
    dest = &out->destinations[out->count++];
    dest->offset = start;
    dest->length = end - start;
    dest->fault = start == end ? "remove the comma that nothing follows"
                               : uri_fault(in->bytes + start, end - start);
    out->usable += dest->fault == NULL;
}

static void parse_rua(struct parsed *out, struct cursor *in)
{
    size_t start = in->at;

    out->has_rua = true;
    for (; in->at < in->size && in->bytes[in->at] != ';'; in->at++)
        if (in->bytes[in->at] == ',') {
            add_destination(out, in, start, in->at);
            start = in->at + 1;
        }
    add_destination(out, in, start, in->at);
}

static void set_fault(struct parsed *out, const char *expected, size_t at, size_t length)
{
    out->fault = expected;
    out->fault_at = at;
    out->fault_length = length;
}

/* The end of the field that starts at the cursor: the next semicolon, or the end. */
static size_t field_end(const struct cursor *in)
{
    const char *end = memchr(in->bytes + in->at, ';', in->size - in->at);

    return end != NULL ? (size_t)(end - in->bytes) : in->size;
}

/* name *WSP "=" *WSP value; senders ignore extensions that they do not know. */
static void parse_extension(struct parsed *out, struct cursor *in)
{
    size_t start = in->at, end = field_end(in), name_end;

    while (in->at < end && (is_alnum(in->bytes[in->at]) ||
                               (in->at > start && strchr("_-.", in->bytes[in->at]) != NULL)))
        in->at++;
    name_end = in->at;
    skip_wsp(in);
    if (name_end == start || name_end - start > EXT_NAME_MAX || in->at >= end ||
        in->bytes[in->at] != '=') {
        set_fault(
            out, "write each field as name=value, separated by semicolons", start, end - start);
        return;
    }
    in->at++;
    skip_wsp(in);
    start = in->at;
    while (in->at < end && in->bytes[in->at] > ' ' && in->bytes[in->at] <= '~' &&
           in->bytes[in->at] != '=')
        in->at++;
    if (in->at == start)
        set_fault(out, "give the field a value, or remove it", name_end, end - name_end);
}

/* The next equals sign of the field, or its end. */
static size_t equals_sign(const struct cursor *in)
{
    size_t end = field_end(in);
    const char *sign = memchr(in->bytes + in->at, '=', end - in->at);

    return sign != NULL ? (size_t)(sign - in->bytes) : end;
}

/* "RUA=" or "rua =". */
static bool is_misspelt_rua(const struct cursor *in)
{
    struct cursor ahead = *in;

    if (!starts_with_nocase(in->bytes + in->at, in->size - in->at, "rua"))
        return false;
    ahead.at += 3;
    skip_wsp(&ahead);
    return ahead.at < ahead.size && ahead.bytes[ahead.at] == '=';
}

static void parse_field(struct parsed *out, struct cursor *in)
{
    size_t start = in->at;

    if (starts_with(in, "rua=")) {
        if (out->has_rua)
            set_fault(out, "name all destinations in one rua=, separated by commas", start,
                field_end(in) - start);
        in->at += 4;
        parse_rua(out, in);
        return;
    }
    if (is_misspelt_rua(in)) {
        set_fault(out, "write rua= in lower case and without blanks", start, field_end(in) - start);
        in->at = equals_sign(in) + 1; /* for the corrected record */
        parse_rua(out, in);
        return;
    }
    parse_extension(out, in);
}

/* A record that begins with VERSION and a semicolon. */
static void parse(struct parsed *out, const char *bytes, size_t size)
{
    struct cursor in = {bytes, size, VERSION_SIZE};

    while (out->fault == NULL) {
        skip_wsp(&in);
        if (in.at == in.size)
            break;
        if (in.bytes[in.at] != ';') {
            set_fault(out, "put a semicolon between two fields", in.at, field_end(&in) - in.at);
            break;
        }
        in.at++;
        skip_wsp(&in);
        if (in.at < in.size)
            parse_field(out, &in);
    }
}

/* ---- the RRset ------------------------------------------------------------------------------- */

/* Senders discard all that does not begin so (RFC 8460 3). */
static bool is_record(const struct ma_rr *rr)
{
    return rr->txt.size > VERSION_SIZE && memcmp(rr->txt.bytes, VERSION ";", VERSION_SIZE + 1) == 0;
}

/* Was it meant to be one? Wrong case or version, blanks or quotes before it. Another kind of record
   (SPF through a wildcard, say) was not. */
static bool is_lookalike(const struct ma_rr *rr)
{
    struct cursor in = {rr->txt.bytes, rr->txt.size, 0};

    while (in.at < in.size && (is_wsp(in.bytes[in.at]) || in.bytes[in.at] == '"'))
        in.at++;
    if (starts_with_nocase(in.bytes + in.at, in.size - in.at, "rua="))
        return true;
    if (starts_with_nocase(in.bytes + in.at, in.size - in.at, "v")) {
        in.at++;
        skip_wsp(&in);
        if (in.at < in.size && in.bytes[in.at] == '=')
            in.at++;
        skip_wsp(&in);
    }
    return starts_with_nocase(in.bytes + in.at, in.size - in.at, "tlsrpt") ||
           starts_with_nocase(in.bytes + in.at, in.size - in.at, "tls-rpt");
}

/* A destination as it should have been written, or "". */
static const char *repaired(
    struct ma_run *run, const struct ma_rr *rr, const struct destination *dest)
{
    const char *uri = rr->txt.bytes + dest->offset, *mark = memchr(uri, '!', dest->length);
    size_t size = mark != NULL ? (size_t)(mark - uri) : dest->length; /* a limit as in DMARC */
    const char *scheme = memchr(uri, ':', size) == NULL ? "mailto:" : "";
    const char *text = ma_text(run, "%s%s", scheme, ma_bytes_text(run, uri, size));

    return size > 0 && uri_fault(text, strlen(text)) == NULL ? text : "";
}

/* The record again, with what can be used of it; "" when nothing can. */
static const char *corrected(
    struct ma_run *run, const struct ma_rr *rr, const struct parsed *parsed)
{
    const char *text = "";

    for (size_t i = 0; i < parsed->count; i++) {
        const char *uri = repaired(run, rr, &parsed->destinations[i]);
        if (*uri != '\0')
            text = ma_text(run, "%s%s%s", text, *text != '\0' ? "," : "", uri);
    }
    return *text != '\0' ? ma_text(run, VERSION "; rua=%s", text) : "";
}

static void publish(struct ma_run *run, struct ma_finding *finding, const char *record)
{
    if (*record == '\0')
        record = ma_text(run, VERSION "; rua=mailto:tls-reports@%s", ma_target(run)->domain);
    ma_publish(finding, ma_text(run, "_smtp._tls.%s", ma_target(run)->domain), MA_TXT,
        ma_txt_rdata(run, record, strlen(record)));
}

static void put_destinations(
    struct ma_run *run, const struct ma_rr *rr, const struct parsed *parsed)
{
    for (size_t i = 0; i < parsed->count; i++)
        if (parsed->destinations[i].length > 0)
            ma_append_text(ma_result(run), "destinations",
                ma_bytes_text(run, rr->txt.bytes + parsed->destinations[i].offset,
                    parsed->destinations[i].length));
}

static void report_destination(
    struct ma_run *run, const char *owner, const struct ma_rr *rr, const struct parsed *parsed)
{
    for (size_t i = 0; i < parsed->count; i++) {
        const struct destination *dest = &parsed->destinations[i];
        struct ma_finding *finding;
        if (dest->fault == NULL)
            continue;
        finding =
            ma_report(run, &rules[parsed->usable > 0 ? BAD_DESTINATION : NO_RUA], owner, "'%s': %s",
                ma_bytes_text(run, rr->txt.bytes + dest->offset, dest->length), dest->fault);
        ma_place(finding, rr, dest->offset, dest->length);
        ma_fix(finding, "expected", "%s", dest->fault);
        publish(run, finding, corrected(run, rr, parsed));
        return;
    }
}

static void judge_record(struct ma_run *run, const char *owner, const struct ma_rr *rr)
{
    struct parsed *parsed = ma_alloc(run, sizeof(*parsed));
    struct ma_data *result = ma_result(run);
    struct ma_finding *finding;

    parse(parsed, rr->txt.bytes, rr->txt.size);
    ma_put_bytes(result, "record", rr->txt.bytes, rr->txt.size);
    put_destinations(run, rr, parsed);
    ma_put(result, "state", parsed->fault == NULL && parsed->usable > 0 ? "valid" : "invalid");
    if (parsed->fault != NULL) {
        finding = ma_report(run, &rules[SYNTAX], owner, "'%s'",
            ma_bytes_text(run, rr->txt.bytes + parsed->fault_at, parsed->fault_length));
        ma_place(finding, rr, parsed->fault_at, parsed->fault_length);
        ma_fix(finding, "expected", "%s", parsed->fault);
        publish(run, finding, corrected(run, rr, parsed));
    } else if (!parsed->has_rua) {
        finding = ma_report(run, &rules[NO_RUA], owner, "there is no rua= in the record");
        ma_place(finding, rr, 0, rr->txt.size);
        publish(run, finding, "");
    } else if (parsed->usable == parsed->count) {
        ma_report(run, &rules[OK], owner, "%s", ma_bytes_text(run, rr->txt.bytes, rr->txt.size));
    } else {
        report_destination(run, owner, rr, parsed);
    }
}

static void report_none(struct ma_run *run, const char *owner, const struct ma_answer *answer)
{
    struct ma_data *result = ma_result(run);
    struct ma_finding *finding;

    for (size_t i = 0; i < answer->rr_count; i++) {
        const struct ma_rr *rr = &answer->rrs[i];
        if (!is_lookalike(rr))
            continue;
        ma_put(result, "state", "invalid");
        ma_put_bytes(result, "record", rr->txt.bytes, rr->txt.size);
        finding = ma_report(
            run, &rules[IGNORED], owner, "%s", ma_bytes_text(run, rr->txt.bytes, rr->txt.size));
        ma_place(finding, rr, 0, rr->txt.size < VERSION_SIZE + 1 ? rr->txt.size : VERSION_SIZE + 1);
        publish(run, finding, "");
        return;
    }
    ma_put(result, "state", "missing");
    finding = ma_report(run, &rules[MISSING], owner, "%s",
        answer->status == MA_NXDOMAIN ? "the name does not exist (NXDOMAIN)"
        : answer->status == MA_NODATA ? "the name has no TXT record"
                                      : "none of its TXT records begins with " VERSION ";");
    publish(run, finding, "");
}

static void judge_answer(struct ma_run *run, const char *owner, const struct ma_answer *answer)
{
    const struct ma_rr *found = NULL;
    const char *text = "";
    size_t count = 0;

    for (size_t i = 0; i < answer->rr_count; i++) {
        const struct ma_rr *rr = &answer->rrs[i];
        if (!is_record(rr))
            continue;
        if (found == NULL)
            found = rr;
        if (count++ < DESTINATIONS_MAX)
            text = ma_text(run, "%s%s%s", text, *text != '\0' ? " | " : "",
                ma_bytes_text(run, rr->txt.bytes, rr->txt.size));
    }
    if (count == 1) {
        judge_record(run, owner, found);
    } else if (count > 1) {
        ma_put(ma_result(run), "state", "multiple");
        ma_place(ma_report(run, &rules[MULTIPLE], owner, "%zu records: %s", count, text), found, 0,
            found->txt.size);
    } else {
        report_none(run, owner, answer);
    }
}

static void run_tls_rpt(struct ma_run *run)
{
    const char *owner = ma_text(run, "_smtp._tls.%s", ma_target(run)->domain);
    enum ma_role role = ma_role(run);
    const struct ma_answer *answer;

    if (role == MA_SENDS_ONLY || role == MA_PARKED)
        return; /* who takes no mail gets no reports about its delivery */
    answer = ma_dns(run, MA_TXT, "%s", owner);
    if (answer->status == MA_PENDING)
        return;
    if (answer->status != MA_FAILED) {
        judge_answer(run, owner, answer);
        return;
    }
    ma_put(ma_result(run), "state", "unknown");
    ma_failed(ma_report(run, &rules[UNKNOWN], owner, "TXT of %s: %s", owner,
                  ma_failure_phrase(answer->failure)),
        answer);
}

MA_CHECK(tls_rpt, .area = "tls", .title = "SMTP TLS reporting (TLS-RPT)",
    .empty_result = "{\"state\":null,\"record\":null,\"destinations\":[]}", .rules = rules,
    .rule_count = sizeof(rules) / sizeof(rules[0]), .run = run_tls_rpt);
