/* SPDX-License-Identifier: MIT */
/* https.txt: what is refused, with which words, what is read, and that what is written is read. */
#include "recorded_folder.h"

#include "observe/webrecording.h"

#define HEAD MA_RECORDING_HTTPS "\n"
#define URL  "https://a.example/x"

static int teardown(void **state)
{
    (void)state;
    put("https.txt", NULL);
    put("audit.txt", NULL);
    return rmdir(folder);
}

static bool open_folder(void *source, FILE *err)
{
    return ma_web_replay_open(source, folder, err);
}

/* free() it. */
static char *open_it(struct ma_web_source *source)
{
    return said_of(open_folder, source);
}

static void refused(const char *text, const char *why)
{
    struct ma_web_source source;
    put("https.txt", text);
    char *said = open_it(&source);
    assert_string_equal(said, why);
    free(said);
}

static void damage_is_said(void **state)
{
    (void)state;
    refused("", "/https.txt:1: not a recording: no line 'mailaudit-bodies 1'");
    refused("mailaudit-bodies 2\n", "/https.txt:1: not a recording: no line 'mailaudit-bodies 1'");
    refused(HEAD URL "\n", "/https.txt:2: a page needs URL OUTCOME");
    refused(HEAD "http://a.example/ ok\n", "/https.txt:2: not an https URL: 'http://a.example/'");
    refused(HEAD URL " fine\n", "/https.txt:2: not an outcome (ok, failed:WHY): 'fine'");
    refused(HEAD URL " failed:so\n", "/https.txt:2: not a failure: 'failed:so'");
    refused(HEAD URL " ok size=3\n", "/https.txt:2: not known here: 'size=3'");
    refused(HEAD URL " ok code=x\n", "/https.txt:2: not the code of a response: 'code=x'");
    refused(HEAD URL " ok code=99\n", "/https.txt:2: not the code of a response: 'code=99'");
    refused(
        HEAD URL " failed:tls code=200\n", "/https.txt:2: not the code of a response: 'code=200'");
    refused(HEAD URL " ok cap=1048577\n",
        "/https.txt:2: not a number of bytes that is taken: '1048577'");
    refused(HEAD URL " ok type=text\n", "/https.txt:2: not a quoted text: 'text'");
    refused(HEAD URL " ok type=\"a\n", "/https.txt:2: not a quoted text: '\"a'");
    refused(HEAD URL " ok type=\"\\000\"\n", "/https.txt:2: not a quoted text: '\"\\000\"'");
    refused(HEAD " x\n", "/https.txt:2: a body without its URL");
    refused(HEAD URL " ok\n a\n\n b\n", "/https.txt:5: a body without its URL");
    refused(HEAD URL " ok code=404\n x\n", "/https.txt:3: a body, but not of a 2xx response");
    refused(HEAD URL " failed:tls\n x\n", "/https.txt:3: a body, but not of a 2xx response");
    refused(HEAD URL " ok\n a\n a\\x\n",
        "/https.txt:4: a backslash that is no escape (\\DDD, \\\\, \\\")");
    refused(HEAD URL " ok\n a\\256\n",
        "/https.txt:3: a backslash that is no escape (\\DDD, \\\\, \\\")");
    refused(HEAD URL " ok\n" URL " ok follow\nHTTPS://a.example:443/x ok\n",
        "/https.txt:4: a URL twice");
    put("audit.txt", "mailaudit-audit 1\ndomain a.example\nbodies 2\n");
    refused(HEAD URL " ok\n", "/https.txt: 1 bodies, but audit.txt says 2");
    refused(NULL, "/https.txt: 0 bodies, but audit.txt says 2");
    put("audit.txt", NULL);
}

static struct ma_web *opened(void)
{
    struct ma_web_source source;
    char *said = open_it(&source);
    assert_string_equal(said, "");
    free(said);
    struct ma_web *web = ma_web_new(&source, 1024 * 1024);
    assert_non_null(web);
    return web;
}

static const struct ma_body *get(struct ma_web *web, const char *url, size_t cap, bool follow)
{
    struct ma_request r = {.url = url, .cap_bytes = cap, .follow = follow};
    ma_request_seal(&r);
    struct ma_page *p = ma_web_get(web, &r);
    const struct ma_body *b = ma_page_body(p);
    ma_page_release(p); /* stays in the cache */
    return b;
}

static void what_was_fetched_is_answered(void **state)
{
    (void)state;
    put("https.txt",
        HEAD "; by hand\n\n" URL " ok\n line one\n \\\"two\\\"\\013\n  three\\\n  four\\\n"
             "https://b.example/ ok code=301 location=\"https://c.example/\"\n"
             "https://c.example/ failed:certificate certificate=\"it \\\"expired\\\"\"\n"
             "https://d.example/ ok follow final=\"https://e.example/\" type=\"a b\"\n"
             "https://d.example/ ok cap=7\n \\000\n"
             "https://d.example/ failed:too-large cap=1 detail=\"more\"");
    struct ma_web *web = opened();
    const struct ma_body *b = get(web, URL, 1000, false);
    assert_int_equal(b->code, 200);
    assert_int_equal(b->size, 27);
    assert_string_equal(b->bytes, "line one\n\"two\"\r\n three four");
    assert_int_equal(get(web, URL, 5, false)->failure, MA_FAIL_TOO_LARGE);
    assert_int_equal(get(web, URL, 1000, true)->failure, MA_FAIL_NOT_RECORDED);
    b = get(web, "https://b.example/", 9, false);
    assert_int_equal(b->code, 301);
    assert_string_equal(b->location, "https://c.example/");
    b = get(web, "https://c.example/", 9, false);
    assert_int_equal(b->failure, MA_FAIL_CERTIFICATE);
    assert_string_equal(b->certificate, "it \"expired\"");
    b = get(web, "https://d.example/", 9, true);
    assert_string_equal(b->final_url, "https://e.example/");
    assert_string_equal(b->type, "a b");
    b = get(web, "https://d.example/", 7, false);
    assert_int_equal(b->size, 2);
    assert_memory_equal(b->bytes, "\0\n", 2);
    assert_string_equal(get(web, "https://d.example/", 1, false)->detail, "more");
    assert_int_equal(get(web, "https://d.example/", 9, false)->failure, MA_FAIL_NOT_RECORDED);
    ma_web_free(web);
}

static void a_folder_without_the_file_has_nothing(void **state)
{
    (void)state;
    put("https.txt", NULL);
    struct ma_web *web = opened();
    assert_int_equal(get(web, URL, 9, false)->failure, MA_FAIL_NOT_RECORDED);
    ma_web_free(web);
}

/* Every byte, at every place of a line. */
static void what_is_written_is_read(void **state)
{
    char bytes[3000], *text = NULL;
    size_t size = 0;
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 + i / 256);
    for (size_t n = 0; n < sizeof bytes; n += n < 300 ? 1 : 397) {
        const struct ma_request r = {.url = URL, .cap_bytes = 4000};
        const struct ma_body b = {.status = MA_OK,
            .url = URL,
            .final_url = "https://b.example/\"\\",
            .code = 203,
            .type = "text/plain; charset=\"utf-8\"",
            .location = "",
            .bytes = bytes,
            .size = n,
            .certificate = "",
            .detail = "\x1b[31m \xc3\xa4"};
        struct ma_fetched list = {&r, &b};
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        assert_true(ma_web_recording_write(out, &list, 1));
        assert_int_equal(fclose(out), 0);
        for (size_t i = 0; i < size; i++)
            assert_true(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
        put("https.txt", text);
        free(text);
        struct ma_web *web = opened();
        const struct ma_body *a = get(web, URL, 4000, false);
        assert_int_equal(a->code, 203);
        assert_string_equal(a->final_url, b.final_url);
        assert_string_equal(a->type, b.type);
        assert_string_equal(a->detail, b.detail);
        assert_int_equal(a->size, n);
        assert_memory_equal(a->bytes, bytes, n);
        ma_web_free(web);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_is_said),
        cmocka_unit_test(what_was_fetched_is_answered),
        cmocka_unit_test(a_folder_without_the_file_has_nothing),
        cmocka_unit_test(what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
