/* SPDX-License-Identifier: MIT */
/*
 * fake.h - a source of observations that says what the test tells it to, at once or when and in
 * the order that the test says.
 */
#ifndef UNIT_FAKE_H
#define UNIT_FAKE_H

#include "observe/web.h"

#define FAKE_LINES_MAX   4096
#define FAKE_PENDING_MAX 8192

/* What it knows: a row for each question. The records are in zone-file form, one a line. */
struct fake_line {
    const char *name;
    enum ma_rrtype type;
    struct ma_reply reply;
    const char *records;
};

struct fake {
    bool late;      /* questions are kept in pending until fake_settle() */
    bool unwilling; /* it takes no question */
    struct ma_store *store;
    struct ma_entry *pending[FAKE_PENDING_MAX]; /* in the order in which they were asked */
    size_t pending_count;
    unsigned asked; /* all in all */
    bool closed;
    struct fake_line lines[FAKE_LINES_MAX];
    size_t line_count;
};

struct ma_source fake_source(struct fake *);

/* What is not told is NXDOMAIN. name and records are borrowed. */
void fake_ok(struct fake *, const char *name, enum ma_rrtype, const char *records);
/* The same, and the aliases in the records lead to what has to be asked for on its own. */
void fake_chase(struct fake *, const char *name, enum ma_rrtype, const char *records);
void fake_nothing(struct fake *, const char *name, enum ma_rrtype, enum ma_status, uint32_t ttl);
void fake_fail(
    struct fake *, const char *name, enum ma_rrtype, enum ma_failure, const char *detail);

/* Answers pending[i], which leaves the list. */
void fake_settle(struct fake *, size_t i);
void fake_settle_all(struct fake *); /* and what is asked meanwhile */
/* Index in pending, or pending_count. */
size_t fake_find(const struct fake *, const char *name, enum ma_rrtype);

/* A question, sealed; it borrows wire. */
struct ma_question fake_question(
    uint8_t wire[static MA_NAME_WIRE_MAX], const char *name, enum ma_rrtype);
/* Asks the store: hold and release the entry. */
struct ma_entry *fake_ask(struct ma_store *, const char *name, enum ma_rrtype);

/* ---- HTTPS ----------------------------------------------------------------------------------- */

#define FAKE_PAGES_MAX 64

/* A source of bodies; what is not told is MA_FAIL_NOT_RECORDED. */
struct fake_web {
    bool late; /* pages are kept in pending until fake_web_settle_all() */
    struct ma_page *pending[FAKE_PAGES_MAX];
    size_t pending_count;
    unsigned asked; /* all in all */
    bool closed;
    struct {
        const char *url;
        struct ma_response response;
    } pages[FAKE_PAGES_MAX];
    size_t page_count;
};

struct ma_web_source fake_web_source(struct fake_web *);
/* A 200 response of that type. All texts are borrowed; of two of a URL the later one holds. */
void fake_body(struct fake_web *, const char *url, const char *type, const char *bytes);
void fake_response(struct fake_web *, const char *url, const struct ma_response *);
void fake_body_fail(struct fake_web *, const char *url, enum ma_failure, const char *detail);
/* Answers what is pending, and what is asked meanwhile. */
void fake_web_settle_all(struct fake_web *);

#endif
