/* SPDX-License-Identifier: MIT */
/*
 * dnsbl_lists.h - the block lists to ask: the catalogue's rows and the operator's file.
 *
 * A zone's row says what its answers mean (RFC 5782 leaves that to each list), how to see that the
 * list works, and whom to turn to. The catalogue (dnsbl_zones.tsv) and a file given with --lists
 * are read by the same parser.
 */
#ifndef DNSBL_LISTS_H
#define DNSBL_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNSBL_FILE_BYTES_MAX  (1024u * 1024u)
#define DNSBL_LINE_BYTES_MAX  4000
#define DNSBL_ZONE_BYTES_MAX  180 /* leaves room for 32 nibbles, RFC 5782 2.4 */
#define DNSBL_ZONES_MAX       1000
#define DNSBL_CODES_MAX       64 /* of one zone, and as many refusals */
#define DNSBL_TESTS_MAX       8  /* of one zone */
#define DNSBL_ERROR_BYTES_MAX 512

enum dnsbl_kind { DNSBL_IP4 = 1, DNSBL_IP6 = 2, DNSBL_IP46 = 3, DNSBL_DOMAIN = 4 }; /* bits */

enum dnsbl_class { DNSBL_BLOCK, DNSBL_ALLOW, DNSBL_NOTE };

/* What a listing does to mail, in order of "worst". */
enum dnsbl_weight {
    DNSBL_NONE,    /* documented, but no listing */
    DNSBL_INFO,    /* blocks nothing */
    DNSBL_LOW,     /* few receivers refuse */
    DNSBL_MEDIUM,  /* some do */
    DNSBL_POLICY,  /* many do: an address that should not send mail itself */
    DNSBL_HIGH,    /* many do */
    DNSBL_CRITICAL /* most big receivers do */
};

/* Why a list answers with a code that is no verdict. */
enum dnsbl_refusal {
    DNSBL_PUBLIC_RESOLVER,
    DNSBL_OVER_LIMIT,
    DNSBL_TYPO,
    DNSBL_NO_ACCOUNT,
    DNSBL_MISUSE,
    DNSBL_REFUSED
};

/* Answers: by bits of the last octet of 127.0.0.x, or, when bits is 0, by a range for each octet.
 */
struct dnsbl_pattern {
    uint8_t low[4], high[4];
    uint8_t bits;
};

struct dnsbl_code {
    struct dnsbl_pattern pattern;
    enum dnsbl_weight weight;
    const char *meaning;
};

struct dnsbl_refusal_code {
    struct dnsbl_pattern pattern;
    enum dnsbl_refusal why;
};

/* Texts are never NULL; what a row leaves out ("-") is "". */
struct dnsbl_zone {
    const char *name;
    const char *operator_name;
    enum dnsbl_kind kind;
    enum dnsbl_class class;
    enum dnsbl_weight weight;       /* of a listing at its worst; already capped, see below */
    bool documented;                /* the codes are: else any code counts, as a warning at most */
    const char *not_asked;          /* why it is not to be asked at all, or NULL */
    bool ended;                     /* because it ended */
    bool keyed;                     /* or because a key is needed */
    const struct dnsbl_code *codes; /* the first match counts */
    size_t code_count;
    const struct dnsbl_refusal_code *refusals;
    size_t refusal_count;
    const char *const *listed_tests; /* whole names: one of them at least is listed ... */
    size_t listed_test_count;
    const char *const *clean_tests; /* ... and none of these is */
    size_t clean_test_count;
    const char *page; /* {subject} stands for the address or domain */
    const char *users, *before, *terms, *part_of, *date, *source;
    const struct dnsbl_zone *parent; /* the zone named by part_of, if it is asked too; or NULL */
    bool replaceable;                /* came in by @default or @all: its own line may replace it */
};

struct dnsbl_block;

/* Sorted by name. */
struct dnsbl_lists {
    struct dnsbl_zone *zones;
    size_t count, room;
    bool seeded;                /* with @default or @all */
    struct dnsbl_block *blocks; /* memory of all texts and tables */
};

/* Words of the file and of the report. */
const char *dnsbl_weight_word(enum dnsbl_weight);
const char *dnsbl_class_word(enum dnsbl_class);
const char *dnsbl_refusal_phrase(enum dnsbl_refusal);

bool dnsbl_matches(const struct dnsbl_pattern *, const uint8_t address[static 4]);

/* The rows that are built in: of the catalogue, and of the lists that ended (zone, since, what
   became of it, source). */
const char *const *dnsbl_catalogue_rows(size_t *count_r);
const char *const *dnsbl_ended_rows(size_t *count_r);

/*
 * All return a new object, or NULL with the reason in error ("FILE:LINE:COLUMN: what").
 * A zone of which no test entry is known weighs DNSBL_MEDIUM at most.
 */
struct dnsbl_lists *dnsbl_lists_default(char error[static DNSBL_ERROR_BYTES_MAX]);
struct dnsbl_lists *dnsbl_lists_all(char error[static DNSBL_ERROR_BYTES_MAX]);
struct dnsbl_lists *dnsbl_lists_parse(
    const char *text, size_t size, const char *file, char error[static DNSBL_ERROR_BYTES_MAX]);
struct dnsbl_lists *dnsbl_lists_load(const char *file, char error[static DNSBL_ERROR_BYTES_MAX]);
/*
 * Keys are known for the zones named, with blanks between: their rows may be asked. In a set that
 * began with @default or @all they take the place of the rows of which they are a part. The key
 * itself is never seen here: names say {key}.
 */
bool dnsbl_lists_unlock(
    struct dnsbl_lists *, const char *zones, char error[static DNSBL_ERROR_BYTES_MAX]);
void dnsbl_lists_free(struct dnsbl_lists *); /* NULL is allowed */

/* ---- between the parser's files -------------------------------------------------------------- */

/* Where the parser is, for its errors. */
struct dnsbl_place {
    const char *file;
    unsigned line;
    const char *start; /* of the line's copy: columns are counted from here */
    char *error;       /* DNSBL_ERROR_BYTES_MAX */
};

/* Says what is wrong at at, and returns false. */
bool dnsbl_fault(const struct dnsbl_place *, const char *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Zeroed memory with the life of the lists, or NULL. */
void *dnsbl_memory(struct dnsbl_lists *, size_t size);
char *dnsbl_copy(struct dnsbl_lists *, const char *text, size_t size);

/* A whole row; line is cut up. */
bool dnsbl_row_parse(
    struct dnsbl_lists *, struct dnsbl_zone *, const struct dnsbl_place *, char *line);
/* Checks, lowers and cuts the trailing dot. */
bool dnsbl_name_parse(const struct dnsbl_place *, char *name);
/* A zone of which nothing is known but the name. */
bool dnsbl_zone_plain(struct dnsbl_lists *, struct dnsbl_zone *, const char *name);
bool dnsbl_zone_tests_rfc5782(struct dnsbl_lists *, struct dnsbl_zone *);
bool dnsbl_kind_parse(enum dnsbl_kind *, const char *word);
bool dnsbl_weight_parse(enum dnsbl_weight *, const char *word);

#endif
