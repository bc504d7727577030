/* SPDX-License-Identifier: MIT */
/*
 * web.h - what lies behind https URLs: fetched once a process, shared by every audit that wants it.
 *
 * What store.h is for the DNS, in small: a URL that is not in the table is handed to the one source
 * there is (the network, a recording or none), which settles it with ma_web_settle(), at once or
 * later. A page is held by the audits that use it and stays for a while after the last of them has
 * gone. One thread, one loop.
 */
#ifndef MA_WEB_H
#define MA_WEB_H

#include "store.h"

#define MA_PAGE_BYTES_MAX (MA_BODY_CAP_MAX + 16384u) /* of memory, for one body */

struct ma_web;
struct ma_page;

/* What to fetch, and how: struct ma_fetch with its defaults filled in. In a page the strings are
   the page's; else they are borrowed. */
struct ma_request {
    const char *url; /* by ma_url_parse() */
    size_t cap_bytes;
    bool follow;
    uint16_t deadline_msecs;
    const char *accept; /* or NULL */
    uint64_t hash;      /* by ma_request_seal() */
};

void ma_request_seal(struct ma_request *);
/* The same page? The deadline and what is accepted make no difference. */
bool ma_request_equal(const struct ma_request *, const struct ma_request *);

/* What a source says. Everything is borrowed for the call and copied; NULL is "". */
struct ma_response {
    enum ma_failure failure; /* MA_FAIL_NONE: a response came */
    unsigned code;
    const char *final_url; /* NULL: the request's */
    const char *type, *location, *certificate, *detail;
    const char *bytes;
    size_t size;
};

/* fetch() has called or will call ma_web_settle() exactly once. */
struct ma_web_source {
    const char *name;
    void (*fetch)(void *state, struct ma_web *, struct ma_page *);
    void (*close)(void *state);         /* or NULL */
    bool (*is_full)(const void *state); /* or NULL: more would wait for long */
    void *state;
};

/* Takes the source over. cache_bytes bounds the bodies kept that no audit uses: the least recently
   used go first. NULL without memory. */
struct ma_web *ma_web_new(const struct ma_web_source *, size_t cache_bytes);
void ma_web_free(struct ma_web *);   /* NULL is allowed; no page may be held any more */
void ma_web_shrink(struct ma_web *); /* lets go of all that no audit uses */

/* More pages would wait for long: begin nothing new. */
bool ma_web_is_full(const struct ma_web *);

/* Finds or fetches; the request is sealed. Held until ma_page_release(). NULL without memory. */
struct ma_page *ma_web_get(struct ma_web *, const struct ma_request *);
void ma_page_release(struct ma_page *);
const struct ma_body *ma_page_body(const struct ma_page *);
const struct ma_request *ma_page_request(const struct ma_page *);
/* Waits for a page that is MA_PENDING; the waiter must live until woken or withdrawn. */
void ma_page_wait(struct ma_page *, struct ma_waiter *);
void ma_page_withdraw(struct ma_page *, struct ma_waiter *);

/* For sources. */
void ma_web_settle(struct ma_page *, const struct ma_response *);
void ma_web_fail(struct ma_page *, enum ma_failure, const char *detail);

/* --- offline: every page is MA_FAIL_OFFLINE. */
void ma_web_offline_open(struct ma_web_source *);
/* --- a recording: what was fetched before (https.txt); all else is MA_FAIL_NOT_RECORDED. A folder
   without that file is a recording of an audit that fetched nothing. */
bool ma_web_replay_open(struct ma_web_source *, const char *dir, FILE *err);

#endif
