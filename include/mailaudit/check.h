/* SPDX-License-Identifier: MIT */
/*
 * mailaudit/check.h - all that a check, built in or a plug-in, may use.
 *
 * A check is a pure function of the target and of observations. It opens no socket, reads no clock
 * and no file, and keeps no state between runs. It asks for observations with ma_dns() and reports
 * findings with ma_report(). An observation that is not there yet comes back empty with status
 * MA_PENDING; what the run reports then is thrown away, everything that it asked for is fetched at
 * once, and the check is run again from the top. So: ask for all that you can before you look at
 * the first answer, and write straight on - a run with a pending answer never reaches the report.
 *
 * The one rule above all: a failure to look is never an absence. MA_FAILED is neither "there is no
 * record" nor "all is well"; report a rule of severity MA_UNKNOWN and tie it to the answer with
 * ma_failed().
 *
 * Lifetime: everything handed out here belongs to the audit and lives until its report has been
 * written; a check frees nothing. Pointers are never NULL unless the comment says so. Strings are
 * NUL-terminated. Domain names are in presentation format, lower case, without a trailing dot; the
 * root is ".". Data from outside may hold any byte: let it reach a format only through "%s"; it is
 * escaped by the renderer, once.
 */
#ifndef MAILAUDIT_CHECK_H
#define MAILAUDIT_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Raised when a struct below changes; a plug-in built for another number is refused. */
#define MA_ABI 1u

#define MA_API          __attribute__((visibility("default")))
#define MA_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* ---- severities ------------------------------------------------------------------------------ */

/* What a finding says about the domain's mail. The order is the order of "worst". */
enum ma_severity {
    MA_PASS,    /* looked at and good */
    MA_INFO,    /* worth knowing */
    MA_NOTICE,  /* good practice is missing */
    MA_UNKNOWN, /* could not be answered: neither good nor bad */
    MA_WARNING, /* some receivers refuse, or it will soon break */
    MA_ERROR,   /* a receiver that follows the rules refuses or ignores part of it */
    MA_CRITICAL /* mail is being refused, or forged at will */
};

/* ---- observations ---------------------------------------------------------------------------- */

/* DNS RR types, by their IANA numbers; any other number may be cast and asked for as well. */
enum ma_rrtype {
    MA_A = 1,
    MA_NS = 2,
    MA_CNAME = 5,
    MA_SOA = 6,
    MA_PTR = 12,
    MA_MX = 15,
    MA_TXT = 16,
    MA_AAAA = 28,
    MA_DNAME = 39,
    MA_DS = 43,
    MA_DNSKEY = 48,
    MA_TLSA = 52
};

enum ma_status {
    MA_OK,       /* the RRset is there: rr_count > 0 */
    MA_NODATA,   /* the name exists, or may, but has no RRset of the type (RFC 2308 2.2) */
    MA_NXDOMAIN, /* the name does not exist, nor anything below it (RFC 8020) */
    MA_FAILED,   /* not known: see failure */
    MA_PENDING   /* not fetched yet: this run will be repeated */
};

/* Why an answer is MA_FAILED. */
enum ma_failure {
    MA_FAIL_NONE,
    MA_FAIL_TIMEOUT,      /* no answer within the question's deadline */
    MA_FAIL_SERVFAIL,     /* rcode 2 */
    MA_FAIL_REFUSED,      /* rcode 5 */
    MA_FAIL_RCODE,        /* another rcode that is no answer (FORMERR, NOTIMP, NOTAUTH...) */
    MA_FAIL_MALFORMED,    /* the message could not be parsed */
    MA_FAIL_TRUNCATED,    /* truncated over UDP and not to be had over TCP */
    MA_FAIL_TOO_LARGE,    /* over a cap of ours */
    MA_FAIL_CNAME_LOOP,   /* the chain of aliases does not end */
    MA_FAIL_BAD_NAME,     /* the question's name cannot be a domain name: nothing was asked */
    MA_FAIL_NETWORK,      /* no route, no socket, connection refused */
    MA_FAIL_OFFLINE,      /* not asked: outside the given zones, and --offline */
    MA_FAIL_BUDGET,       /* not asked or given up: a bound of the audit was reached */
    MA_FAIL_FORBIDDEN,    /* not asked: special-purpose address */
    MA_FAIL_NOT_RECORDED, /* the recording that is replayed has no such question */
    MA_FAIL_BOGUS,        /* DNSSEC validation failed */
    MA_FAIL_BAD_URL,      /* not an https URL that we fetch: nothing was asked */
    MA_FAIL_NO_ADDRESS,   /* the URL's host has no address */
    MA_FAIL_CONNECT,      /* no connection: refused, or no route */
    MA_FAIL_TLS,          /* no TLS session */
    MA_FAIL_CERTIFICATE,  /* the server's certificate does not hold */
    MA_FAIL_REDIRECT,     /* redirected too often, in a circle, or away from https */
    MA_FAIL_COUNT
};

/* DNSSEC status; MA_SECURITY_UNASKED unless the question asked for validation. */
enum ma_security { MA_SECURITY_UNASKED, MA_INSECURE, MA_SECURE, MA_BOGUS };

struct ma_address {
    uint8_t family;    /* 4 or 6 */
    uint8_t bytes[16]; /* network order; 4 are used for IPv4 */
};

struct ma_rr {
    const char *owner;
    enum ma_rrtype type;
    uint32_t ttl_secs;
    const uint8_t *rdata; /* wire format, names uncompressed */
    size_t rdata_size;    /* bytes */
    union {
        struct ma_address address; /* A, AAAA */
        const char *name;          /* NS, CNAME, PTR, DNAME */
        struct {
            uint16_t preference;
            const char *exchange;
        } mx;
        struct {
            const char *bytes; /* the strings joined; NUL-terminated, but may hold NULs itself */
            size_t size;       /* bytes, without the terminator */
            const uint8_t *string_sizes; /* the size of each string, in order */
            size_t string_count;
        } txt;
        struct {
            const char *primary, *mailbox;
            uint32_t serial, refresh_secs, retry_secs, expire_secs, minimum_secs;
        } soa;
    };
};

struct ma_answer {
    enum ma_status status;
    enum ma_failure failure; /* MA_FAIL_NONE unless MA_FAILED */
    const char *name;        /* the question */
    enum ma_rrtype type;
    const struct ma_rr *rrs; /* the RRset asked for, in canonical order (RFC 4034 6.3) */
    size_t rr_count;
    const struct ma_rr *chain; /* the CNAME (and DNAME) records that led there, in order */
    size_t chain_count;
    uint32_t ttl_secs; /* how long a cache may keep this: least of RRset and chain, or RFC 2308 5 */
    size_t size_bytes; /* what header, question and answer section take on the wire */
    enum ma_security security;
    const char *detail; /* more on a failure ("rcode 4", "signature expired"), or "" */
};

struct ma_run; /* one run of one check on one target */

/*
 * The answer to a question. Asking twice costs one question. The name is made by the format; it is
 * absolute, with or without a trailing dot, and may hold escapes (RFC 1035 5.1). A name that cannot
 * be one is answered MA_FAILED, MA_FAIL_BAD_NAME.
 */
MA_API const struct ma_answer *ma_dns(struct ma_run *, enum ma_rrtype, const char *name_fmt, ...)
    MA_PRINTF(3, 4);

/*
 * How a question is to be asked, where the default way - the configured source - will not do. A
 * server that is asked itself must answer with authority (AA), else it is MA_FAIL_RCODE. But for
 * NS, A and AAAA, which a parent zone's server has without authority: a delegation and its glue.
 * A special-purpose address is MA_FAIL_FORBIDDEN without --allow-private.
 */
struct ma_how {
    const struct ma_address *server; /* ask this server itself, without recursion; or NULL */
    uint16_t port;                   /* of server; 0 is 53 */
    bool validate;                   /* validate with our own trust anchor; fills security */
    bool recursive;                  /* by full recursion from the root, not by the resolver */
    uint16_t deadline_msecs;         /* no answer by then is MA_FAIL_TIMEOUT; 0: the source's own */
    uint16_t least_ttl_secs;         /* an answer holds for as long in this process, if its TTL is
                                        shorter; a failure does not */
};

/* The same, asked in that way; with a zeroed ma_how it is ma_dns(). Copied. */
MA_API const struct ma_answer *ma_dns_how(struct ma_run *, const struct ma_how *, enum ma_rrtype,
    const char *name_fmt, ...) MA_PRINTF(4, 5);

/*
 * What lies behind an https URL. MA_OK: a response came, whatever its code: look at code. The
 * look-up of the host's addresses is part of it: its failures (MA_FAIL_SERVFAIL...) are the body's.
 *
 * Four failures are answers, too: they say what every client meets. MA_FAIL_CERTIFICATE,
 * MA_FAIL_NO_ADDRESS (the host has neither A nor AAAA), MA_FAIL_REDIRECT and MA_FAIL_TOO_LARGE do
 * not count as unanswered questions; all others are failures to look.
 */
struct ma_body {
    enum ma_status status;   /* MA_OK, MA_FAILED or MA_PENDING */
    enum ma_failure failure; /* MA_FAIL_NONE unless MA_FAILED */
    const char *url;         /* that was asked for */
    const char *final_url;   /* where redirects that were followed led to; else url */
    unsigned code;           /* HTTP status code; 0 unless MA_OK */
    const char *type;        /* Content-Type, as sent, or "" */
    const char *location;    /* where a redirect that was not followed leads to, or "" */
    const char *bytes;       /* of a 2xx response, as sent (Content-Encoding is left alone);
                                NUL-terminated, but may hold NULs itself */
    size_t size;             /* bytes, without the terminator */
    const char *certificate; /* of MA_FAIL_CERTIFICATE: what is wrong with it, in words; else "" */
    const char *detail;      /* more on a failure, or "" */
};

/* How a URL is to be fetched, where the default way will not do. */
struct ma_fetch {
    size_t cap_bytes; /* a larger body is MA_FAIL_TOO_LARGE; 0 or more than that: MA_BODY_CAP_MAX */
    bool follow; /* follow redirects: at most MA_REDIRECTS_MAX, each https, each host checked */
    uint16_t deadline_msecs; /* for all of it, redirects too; 0: the source's own, 10 s */
    const char *accept;      /* the media type asked for (the Accept header), or NULL */
};
#define MA_BODY_CAP_MAX  (1024u * 1024u)
#define MA_REDIRECTS_MAX 5
#define MA_URL_MAX       2048 /* bytes, with the NUL */

/*
 * Fetches an https URL, without following redirects: a 3xx response is MA_OK, with its location.
 * Asking twice costs one fetch. A URL that is no https URL, is over MA_URL_MAX, or holds blanks, a
 * user or a fragment is answered MA_FAILED, MA_FAIL_BAD_URL. A host at a special-purpose address is
 * MA_FAIL_FORBIDDEN without --allow-private.
 */
MA_API const struct ma_body *ma_https(struct ma_run *, const char *url, size_t cap_bytes);
/* The same, fetched in that way. Copied. deadline_msecs and accept make no other fetch: of two who
   ask for the same URL those of the first hold. */
MA_API const struct ma_body *ma_https_how(
    struct ma_run *, const struct ma_fetch *, const char *url);

/* Counts a question that was deliberately not asked (a list whose terms exclude us). */
MA_API void ma_not_asked(struct ma_run *);

/* The word for a failure, as in JSON: "timeout", "servfail", ... */
MA_API const char *ma_failure_name(enum ma_failure);
/* The same as a phrase: "no answer in time", "the server failed (SERVFAIL)", ... */
MA_API const char *ma_failure_phrase(enum ma_failure);
/* "TXT", or "TYPE65280" (RFC 3597); owned by the run. */
MA_API const char *ma_type_name(struct ma_run *, enum ma_rrtype);

/* ---- the target ------------------------------------------------------------------------------ */

/* What the domain is there for. What does not apply to its role is left out of the report. */
enum ma_role { MA_SENDS_AND_RECEIVES, MA_SENDS_ONLY, MA_RECEIVES_ONLY, MA_PARKED };

struct ma_target {
    const char *domain;           /* A-labels */
    const char *unicode;          /* U-labels; the same as domain where there are none */
    const char *sender;           /* the MAIL FROM to evaluate: as given, or postmaster@domain;
                                     "" is the null reverse-path, and then helo is given */
    const char *helo;             /* the HELO name as given, or NULL */
    bool sender_given;            /* sender is the user's */
    const char *const *selectors; /* DKIM selectors given by the user */
    size_t selector_count;
    int64_t now_secs; /* the audit's fixed clock, seconds since the epoch */
};

/* The target of this audit; the same in every run of every check. */
MA_API const struct ma_target *ma_target(const struct ma_run *);

/* The role: as given, or inferred from the MX RRset and the SPF record (asked for here). */
MA_API enum ma_role ma_role(struct ma_run *);
/* The SPF record's question, where it failed and the inferred role takes for granted that the
   domain sends: then nothing that only a sender needs may be held against it. Else NULL. */
MA_API const struct ma_answer *ma_role_failed(struct ma_run *);

/* One address that the domain's mail comes from. */
struct ma_sender {
    struct ma_address address;
    const char *text; /* RFC 5952 */
    const char *host; /* the host name that led to it, or NULL for an address given as such */
};

/*
 * The addresses to audit: those given, those of the host names given, or, when the user gave none,
 * those that the MX RRset leads to (asked for here). Sorted, each once; may be none.
 * At most MA_SENDERS_MAX; further ones are left out, and check "target" says so.
 */
#define MA_SENDERS_MAX 64
struct ma_senders {
    const struct ma_sender *list;
    size_t count;
    size_t left_out;                /* over the cap */
    bool from_mx;                   /* the user named none */
    const char *const *empty_hosts; /* host names given by the user that have no address */
    size_t empty_count;
    const struct ma_answer
        *failed; /* a look-up on the way that failed, so that some may be missing; or NULL */
};
MA_API const struct ma_senders *ma_senders(struct ma_run *);

/* ---- findings -------------------------------------------------------------------------------- */

/* One thing that a check can say; static data. docs/rules.md is made from these. */
struct ma_rule {
    const char *id; /* "spf.too-many-lookups": check name, dot, words with hyphens; never renamed */
    enum ma_severity severity;
    enum ma_severity could_be; /* MA_UNKNOWN rules: the worst that the missing answer may hide */
    const char *title;         /* what is so, one line */
    const char *why;           /* why it matters to mail, one line */
    const char *fix; /* what to do; placeholders such as {domain} are filled by ma_fix(); NULL only
                        for MA_PASS. {domain} and {subject} are filled for you */
    const char *reference; /* "RFC 7208 4.6.4", or a receiver's or a list's published rule */
};

struct ma_finding;

/*
 * Reports a finding. subject is what it is about: the domain, a host, an address, an owner name;
 * with the rule it makes the finding's id, so it must be the same from run to run. The evidence is
 * what was seen.
 */
MA_API struct ma_finding *ma_report(struct ma_run *, const struct ma_rule *, const char *subject,
    const char *evidence_fmt, ...) MA_PRINTF(4, 5);

/*
 * For findings by host or by address: a second subject of the same rule joins the first finding
 * (its "also"; the evidence of the first few is joined as well) and costs nothing more. Returns
 * that first finding.
 */
MA_API struct ma_finding *ma_report_also(struct ma_run *, const struct ma_rule *,
    const char *subject, const char *evidence_fmt, ...) MA_PRINTF(4, 5);

/* Where in which record: bytes of the joined TXT strings, or of the name of a PTR. Copied. */
MA_API void ma_place(struct ma_finding *, const struct ma_rr *, size_t offset, size_t length);
/* The text for a placeholder of the rule's fix: ma_fix(f, "host", "%s", name) fills {host}. */
MA_API void ma_fix(struct ma_finding *, const char *placeholder, const char *fmt, ...)
    MA_PRINTF(3, 4);
/* A record to publish, rdata in zone-file form: the fix to paste, and to prove. */
MA_API void ma_publish(struct ma_finding *, const char *owner, enum ma_rrtype, const char *rdata);
/* This UNKNOWN comes from that answer. */
MA_API void ma_failed(struct ma_finding *, const struct ma_answer *);
/* This UNKNOWN comes from that body. */
MA_API void ma_failed_body(struct ma_finding *, const struct ma_body *);
/* What this UNKNOWN misses may have any number of faults (a whole record): the lowest score counts
   all that the area can cost for it. */
MA_API void ma_hides_several(struct ma_finding *);
/* This finding is but an effect of that rule: named, costs nothing. */
MA_API void ma_effect_of(struct ma_finding *, const char *rule_id);

/* ---- the check's own part of the report, checks.NAME in JSON ----------------------------------
 */

/*
 * It starts as ma_check.empty_result, so every key is always there. In that JSON text an array
 * that holds one object declares the rows of the array: the array starts empty, and ma_append()
 * adds a row with those keys. Keys that were not declared are a programming error and ignored.
 */
struct ma_data;
MA_API struct ma_data *ma_result(struct ma_run *);
MA_API struct ma_data *ma_append(struct ma_data *, const char *key); /* a new row of an array */
MA_API struct ma_data *ma_object(struct ma_data *, const char *key); /* a declared sub-object */
/* An undeclared tree (a trace): a fresh object appended to the array at key, to which ma_put() and
   ma_append_free() may add any keys. */
MA_API struct ma_data *ma_append_free(struct ma_data *, const char *key);
MA_API void ma_append_text(struct ma_data *, const char *key, const char *text);
MA_API void ma_put(struct ma_data *, const char *key, const char *text); /* copied; NULL is null */
MA_API void ma_put_bytes(struct ma_data *, const char *key, const void *bytes, size_t size);
MA_API void ma_put_int(struct ma_data *, const char *key, int64_t);
MA_API void ma_put_bool(struct ma_data *, const char *key, bool);

/* ---- memory and text ------------------------------------------------------------------------- */

/* Zeroed memory. Never NULL: a run over its budget is abandoned and its check reported UNKNOWN. */
MA_API void *ma_alloc(struct ma_run *, size_t size_bytes);
/* Calls release(object) when the run's memory goes, for objects of foreign libraries. */
MA_API void ma_defer(struct ma_run *, void (*release)(void *), void *object);
MA_API const char *ma_text(struct ma_run *, const char *fmt, ...) MA_PRINTF(2, 3);
/* Bytes as a string: NUL becomes the four characters \000, all else stays. */
MA_API const char *ma_bytes_text(struct ma_run *, const void *bytes, size_t size);
/* A TXT RDATA in zone-file form: quoted, escaped, split at 255 bytes. */
MA_API const char *ma_txt_rdata(struct ma_run *, const void *bytes, size_t size);

/* ---- names and addresses --------------------------------------------------------------------- */

MA_API bool ma_address_parse(struct ma_address *, const char *text); /* no zone, no brackets */
MA_API const char *ma_address_text(struct ma_run *, const struct ma_address *); /* RFC 5952 */
MA_API bool ma_address_equal(const struct ma_address *, const struct ma_address *);
/* "10.2.0.192", or 32 nibbles: what stands before in-addr.arpa, ip6.arpa or a block list's zone. */
MA_API const char *ma_address_reversed(struct ma_run *, const struct ma_address *);
/* What the address is set aside for ("private use, RFC 1918"), or NULL for a global one. */
MA_API const char *ma_address_special(const struct ma_address *);
/* Can it be a host name (RFC 952, RFC 1123: letters, digits, hyphens, two labels or more)? */
MA_API bool ma_is_hostname(const char *name);
/* Does name equal domain, or lie below it? Case does not matter. */
MA_API bool ma_is_within(const char *name, const char *domain);

/* ---- the check ------------------------------------------------------------------------------- */

struct ma_setup; /* what open() may ask for */
/* The value of a command-line setting such as "lists" or "psl", or NULL when it was not given. */
MA_API const char *ma_setting(const struct ma_setup *, const char *name);
/* Says why open() fails: names what and where ("lists.txt:3: ..."). */
MA_API void ma_setup_error(const struct ma_setup *, const char *fmt, ...) MA_PRINTF(2, 3);

struct ma_check {
    uint32_t abi;             /* MA_ABI */
    const char *name;         /* "spf": the key in JSON, the first word of its rules */
    const char *area;         /* whose cap its points count against: "spf", "dkim", ... */
    const char *title;        /* "Sender Policy Framework" */
    const char *empty_result; /* JSON object, see ma_result(); NULL is "{}" */
    const struct ma_rule *rules;
    size_t rule_count;
    /* Once a process: loads what lives as long (a table, a list). May be NULL. On false the
       program ends with what ma_setup_error() was told. *state_r is NULL at first. */
    bool (*open)(const struct ma_setup *, void **state_r);
    void (*run)(struct ma_run *);
    void (*close)(void *state); /* may be NULL */
    bool on_demand;             /* runs only where --check, an option or a command names it */
};

MA_API const void *ma_state(const struct ma_run *); /* what open() made */

/*
 * The last line of a check: MA_CHECK(spf, .area = "spf", ...). A plug-in is the same file compiled
 * with -DMA_PLUGIN into a shared object.
 */
#ifdef MA_PLUGIN
#define MA_CHECK(ident, ...)                                                                       \
    MA_API extern const struct ma_check mailaudit_check;                                           \
    const struct ma_check mailaudit_check = {.abi = MA_ABI, .name = #ident, __VA_ARGS__}
#else
#define MA_CHECK(ident, ...)                                                                       \
    extern const struct ma_check ma_check_##ident;                                                 \
    const struct ma_check ma_check_##ident = {.abi = MA_ABI, .name = #ident, __VA_ARGS__}
#endif

#endif
