/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include <stdlib.h>
#include <string.h>

#define MA_SLOTS_FIRST 64 /* in the table; a power of two */
#define MA_SLOT_CHUNK  (32 * sizeof(struct ma_slot))

bool ma_slots_init(struct ma_slots *s, struct ma_store *store, struct ma_web *web, size_t cap_bytes,
    void (*ready)(void *context, unsigned task), void *context)
{
    *s = (struct ma_slots){
        .store = store, .web = web, .room = MA_SLOTS_FIRST, .ready = ready, .context = context};
    ma_arena_init(&s->arena, MA_SLOT_CHUNK, cap_bytes);
    s->table = calloc(s->room, sizeof(struct ma_slot *));
    return s->table != NULL;
}

static void release(struct ma_slots *s, struct ma_slot *slot)
{
    if (slot->entry != NULL) {
        if (slot->pending) /* of a check that was given up */
            ma_entry_withdraw(slot->entry, &slot->waiter);
        ma_store_release(s->store, slot->entry);
        return;
    }
    if (slot->pending)
        ma_page_withdraw(slot->page, &slot->waiter);
    ma_page_release(slot->page);
}

void ma_slots_clear(struct ma_slots *s)
{
    for (size_t i = 0; s->table != NULL && i < s->room; i++)
        if (s->table[i] != NULL)
            release(s, s->table[i]);
    for (struct ma_slot *p = s->pages; p != NULL; p = p->next_page)
        release(s, p);
    free(s->table);
    ma_arena_clear(&s->arena);
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* It is there: the tasks that waited for it have one less to wait for. */
static void settled(struct ma_slot *slot)
{
    struct ma_slots *s = slot->slots;
    uint64_t waiting = slot->waiting;
    slot->pending = false;
    slot->waiting = 0;
    while (waiting != 0) {
        unsigned i = (unsigned)__builtin_ctzll(waiting);
        waiting &= waiting - 1;
        if (--s->missing[i] == 0)
            s->ready(s->context, i);
    }
}

static void on_settled(struct ma_waiter *w)
{
    settled((struct ma_slot *)((char *)w - offsetof(struct ma_slot, waiter)));
}

void ma_slot_await(struct ma_slot *slot, unsigned task)
{
    if (!slot->pending)
        return;
    slot->waiting |= UINT64_C(1) << task;
    slot->slots->missing[task]++;
}

static struct ma_slot *slot_new(struct ma_slots *s)
{
    struct ma_slot *slot = ma_arena_alloc(&s->arena, sizeof *slot);
    if (slot != NULL) {
        slot->slots = s;
        slot->waiter.wake = on_settled;
    }
    return slot;
}

static const char expired_detail[] = "the time for this audit ran out";

/* In a replay the failure is there already. */
static bool is_expired(enum ma_failure failure, const char *detail)
{
    return failure == MA_FAIL_BUDGET && strcmp(detail, expired_detail) == 0;
}

/* ---- DNS ------------------------------------------------------------------------------------- */

static struct ma_slot **place(const struct ma_slots *s, const struct ma_question *q)
{
    size_t i = q->hash & (s->room - 1);
    while (s->table[i] != NULL && !ma_question_equal(ma_entry_question(s->table[i]->entry), q))
        i = (i + 1) & (s->room - 1);
    return &s->table[i];
}

struct ma_slot *ma_slots_find(const struct ma_slots *s, const struct ma_question *q)
{
    return *place(s, q);
}

static bool grow(struct ma_slots *s)
{
    struct ma_slot **old = s->table;
    size_t old_room = s->room;
    struct ma_slot **more = calloc(old_room * 2, sizeof(struct ma_slot *));
    if (more == NULL)
        return false;
    s->table = more;
    s->room = old_room * 2;
    for (size_t i = 0; i < old_room; i++)
        if (old[i] != NULL)
            *place(s, ma_entry_question(old[i]->entry)) = old[i];
    free(old);
    return true;
}

/* It must not stay pending: nothing would wake the audit again. */
static void expire_answer(struct ma_slot *slot)
{
    static const struct ma_answer expired = {
        .status = MA_FAILED, .failure = MA_FAIL_BUDGET, .name = "", .detail = expired_detail};
    struct ma_answer *answer = ma_arena_alloc(&slot->slots->arena, sizeof *answer);
    slot->slots->expired_short = true;
    if (answer != NULL) {
        *answer = expired;
        answer->name = slot->answer->name;
        answer->type = slot->answer->type;
    }
    slot->answer = answer != NULL ? answer : &expired;
}

struct ma_slot *ma_slots_ask(struct ma_slots *s, const struct ma_question *q)
{
    struct ma_slot *slot = ma_slots_find(s, q);
    if (slot != NULL)
        return slot;
    if (s->count * 2 >= s->room && !grow(s))
        return NULL;
    slot = slot_new(s);
    if (slot == NULL)
        return NULL;
    slot->entry = ma_store_get(s->store, q);
    if (slot->entry == NULL)
        return NULL;
    slot->answer = ma_entry_answer(slot->entry);
    slot->pending = slot->answer->status == MA_PENDING && !s->expired;
    if (slot->pending)
        ma_entry_wait(slot->entry, &slot->waiter);
    else if (slot->answer->status == MA_PENDING)
        expire_answer(slot);
    else
        s->expired_short |= is_expired(slot->answer->failure, slot->answer->detail);
    *place(s, q) = slot;
    s->count++;
    return slot;
}

/* ---- HTTPS ----------------------------------------------------------------------------------- */

struct ma_slot *ma_slots_find_page(const struct ma_slots *s, const struct ma_request *r)
{
    struct ma_slot *slot = s->pages;
    while (slot != NULL && !ma_request_equal(ma_page_request(slot->page), r))
        slot = slot->next_page;
    return slot;
}

static void expire_body(struct ma_slot *slot)
{
    static const struct ma_body expired = {.status = MA_FAILED,
        .failure = MA_FAIL_BUDGET,
        .url = "",
        .final_url = "",
        .type = "",
        .location = "",
        .bytes = "",
        .certificate = "",
        .detail = expired_detail};
    struct ma_body *body = ma_arena_alloc(&slot->slots->arena, sizeof *body);
    slot->slots->expired_short = true;
    if (body != NULL) {
        *body = expired;
        body->url = body->final_url = slot->body->url;
    }
    slot->body = body != NULL ? body : &expired;
}

struct ma_slot *ma_slots_fetch(struct ma_slots *s, const struct ma_request *r)
{
    struct ma_slot *slot = ma_slots_find_page(s, r);
    if (slot != NULL)
        return slot;
    slot = s->web != NULL ? slot_new(s) : NULL;
    if (slot == NULL)
        return NULL;
    slot->page = ma_web_get(s->web, r);
    if (slot->page == NULL)
        return NULL;
    slot->body = ma_page_body(slot->page);
    slot->pending = slot->body->status == MA_PENDING && !s->expired;
    if (slot->pending)
        ma_page_wait(slot->page, &slot->waiter);
    else if (slot->body->status == MA_PENDING)
        expire_body(slot);
    else
        s->expired_short |= is_expired(slot->body->failure, slot->body->detail);
    slot->next_page = s->pages;
    s->pages = slot;
    s->page_count++;
    s->count++;
    return slot;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void expire(struct ma_slot *slot)
{
    if (!slot->pending)
        return;
    if (slot->entry != NULL) {
        ma_entry_withdraw(slot->entry, &slot->waiter);
        expire_answer(slot);
    } else {
        ma_page_withdraw(slot->page, &slot->waiter);
        expire_body(slot);
    }
    settled(slot);
}

void ma_slots_expire(struct ma_slots *s)
{
    s->expired = true;
    for (size_t i = 0; i < s->room; i++)
        if (s->table[i] != NULL)
            expire(s->table[i]);
    for (struct ma_slot *p = s->pages; p != NULL; p = p->next_page)
        expire(p);
}

void ma_slots_each(
    const struct ma_slots *s, void (*see)(const struct ma_slot *, void *), void *context)
{
    for (size_t i = 0; i < s->room; i++)
        if (s->table[i] != NULL && s->table[i]->used)
            see(s->table[i], context);
    for (const struct ma_slot *p = s->pages; p != NULL; p = p->next_page)
        if (p->used)
            see(p, context);
}
