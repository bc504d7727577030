/* SPDX-License-Identifier: MIT */
/* https.txt of a recording: read, asked for each line's first word, written and read again. The
   same words are read as URLs. */
#include "fuzz.h"

#include "observe/webrecording.h"
#include "url.h"

#define PAGES_MAX 64

static struct ma_web *open_text(const char *head, const void *bytes, size_t size)
{
    struct ma_web_source source;
    fuzz_put("https.txt", head, bytes, size);
    if (!ma_web_replay_open(&source, fuzz_folder(), fuzz_errors()))
        return NULL;
    struct ma_web *web = ma_web_new(&source, 0);
    HOLDS(web != NULL);
    return web;
}

static void hold_text(const char *text)
{
    HOLDS(text != NULL && strlen(text) < SIZE_MAX);
}

static void hold_body(const struct ma_body *b)
{
    hold_text(b->url);
    hold_text(b->final_url);
    hold_text(b->type);
    hold_text(b->location);
    hold_text(b->certificate);
    hold_text(b->detail);
    HOLDS(b->status == MA_OK || b->status == MA_FAILED);
    HOLDS((b->status == MA_FAILED) == (b->failure != MA_FAIL_NONE));
    HOLDS((b->status == MA_OK) == (b->code != 0));
    HOLDS(b->size <= MA_BODY_CAP_MAX && b->bytes[b->size] == '\0');
    HOLDS(b->size == 0 || (b->code >= 200 && b->code <= 299));
}

/* What is read of a URL is read again as the same. */
static bool hold_url(struct ma_url *u, const char *text)
{
    struct ma_url again;
    if (!ma_url_parse(u, text, true))
        return false;
    HOLDS(ma_url_parse(&again, u->text, false));
    HOLDS(strcmp(again.text, u->text) == 0 && strcmp(again.host, u->host) == 0);
    HOLDS(again.port == u->port && u->port != 0 && again.is_literal == u->is_literal);
    HOLDS(strlen(u->text) < MA_URL_MAX && strchr(u->text, ' ') == NULL);
    return true;
}

struct seen {
    struct ma_page *pages[PAGES_MAX];
    struct ma_fetched list[PAGES_MAX];
    size_t count;
};

static void ask(struct ma_web *web, const char *url, bool follow, struct seen *seen)
{
    struct ma_request r = {.url = url, .cap_bytes = MA_BODY_CAP_MAX, .follow = follow};
    ma_request_seal(&r);
    struct ma_page *p = ma_web_get(web, &r);
    HOLDS(p != NULL);
    hold_body(ma_page_body(p));
    for (size_t i = 0; i < seen->count; i++) {
        if (seen->pages[i] == p) {
            ma_page_release(p);
            return;
        }
    }
    if (seen->count == PAGES_MAX) {
        ma_page_release(p);
        return;
    }
    seen->pages[seen->count] = p;
    seen->list[seen->count++] = (struct ma_fetched){ma_page_request(p), ma_page_body(p)};
}

static void ask_lines(struct ma_web *web, char *text, struct seen *seen)
{
    for (char *p = text; *p != '\0';) {
        struct ma_url url;
        size_t size = strcspn(p, "\n"), word = strcspn(p, " \n");
        char *end = p + size + (p[size] != '\0');
        p[word] = '\0';
        if (hold_url(&url, p) && web != NULL) {
            ask(web, url.text, false, seen);
            ask(web, url.text, true, seen);
        }
        p = end;
    }
}

static void hold_same(const struct ma_body *a, const struct ma_body *b)
{
    HOLDS(a->status == b->status && a->failure == b->failure && a->code == b->code);
    HOLDS(a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0);
    HOLDS(strcmp(a->type, b->type) == 0 && strcmp(a->location, b->location) == 0);
    HOLDS(strcmp(a->certificate, b->certificate) == 0 && strcmp(a->detail, b->detail) == 0);
    HOLDS(strcmp(a->final_url, b->final_url) == 0);
}

static void write_again(struct seen *seen)
{
    struct seen again = {.count = 0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    HOLDS(out != NULL && ma_web_recording_write(out, seen->list, seen->count));
    HOLDS(fclose(out) == 0);
    struct ma_web *web = open_text("", text, size);
    HOLDS(web != NULL);
    for (size_t i = 0; i < seen->count; i++) {
        const struct ma_request *r = seen->list[i].request;
        ask(web, r->url, r->follow, &again);
        HOLDS(again.count == i + 1);
        hold_same(again.list[i].body, seen->list[i].body);
    }
    for (size_t i = 0; i < again.count; i++)
        ma_page_release(again.pages[i]);
    ma_web_free(web);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {.count = 0};
    struct ma_web *web = open_text(MA_RECORDING_HTTPS "\n", data, size);
    char *text = fuzz_text(data, size);
    ask_lines(web, text, &seen);
    if (web != NULL)
        write_again(&seen);
    for (size_t i = 0; i < seen.count; i++)
        ma_page_release(seen.pages[i]);
    ma_web_free(web);
    free(text);
    return 0;
}
