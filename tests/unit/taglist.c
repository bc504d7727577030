/* SPDX-License-Identifier: MIT */
#include "../../checks/taglist.h"

#include "unit.h"

/* "name@offset=value@offset" of each tag, "?" for one without '=', "-" for an empty one. */
static void list(char *out, size_t room, const char *bytes, size_t size)
{
    struct ma_taglist tags;
    struct ma_tag tag;
    size_t at = 0;
    out[0] = '\0';
    ma_taglist_init(&tags, bytes, size);
    while (ma_taglist_next(&tags, &tag)) {
        const char *before = at > 0 ? " " : "";
        if (tag.shape == MA_TAG_GOOD)
            at += (size_t)snprintf(out + at, room - at, "%s%.*s@%zu=%.*s@%zu", before,
                (int)tag.name.size, bytes + tag.name.offset, tag.name.offset, (int)tag.value.size,
                bytes + tag.value.offset, tag.value.offset);
        else
            at += (size_t)snprintf(
                out + at, room - at, "%s%c", before, tag.shape == MA_TAG_EMPTY ? '-' : '?');
    }
}

static void assert_list(const char *text, const char *expected)
{
    char out[400];
    list(out, sizeof out, text, strlen(text));
    assert_string_equal(out, expected);
}

static void tags_have_their_places(void **state)
{
    (void)state;
    assert_list("v=DMARC1; p=none", "v@0=DMARC1@2 p@10=none@12");
    assert_list("v=DMARC1;p=none;", "v@0=DMARC1@2 p@9=none@11");
    assert_list(" v = x y ;\tk =\t", "v@1=x y@5 k@11=@14");
    assert_list("p=a=b==", "p@0=a=b==@2");
}

static void odd_lists(void **state)
{
    (void)state;
    assert_list("", "");
    assert_list(";", "-");
    assert_list(";;", "- -");
    assert_list("v=1;;k=2; ", "v@0=1@2 - k@5=2@7");
    assert_list("v=1; foo; =x", "v@0=1@2 ? ?");
}

static void nuls_are_bytes(void **state)
{
    (void)state;
    char out[100];
    list(out, sizeof out, "a=\0;b=1", 7);
    assert_string_equal(out, "a@0=@2 b@4=1@6");
}

static void items(void **state)
{
    (void)state;
    static const char bytes[] = "x=sha1: sha256 ::y";
    struct ma_items it;
    struct ma_span item;
    ma_items_init(&it, bytes, (struct ma_span){2, sizeof bytes - 3}, ':');
    assert_true(ma_items_next(&it, &item) && ma_span_is(bytes, item, "sha1"));
    assert_true(ma_items_next(&it, &item) && ma_span_is_nocase(bytes, item, "SHA256"));
    assert_int_equal(item.offset, 8);
    assert_true(ma_items_next(&it, &item) && item.size == 0);
    assert_true(ma_items_next(&it, &item) && ma_span_is(bytes, item, "y"));
    assert_false(ma_items_next(&it, &item));
    ma_items_init(&it, bytes, (struct ma_span){0, 0}, ':');
    assert_true(ma_items_next(&it, &item) && item.size == 0);
    assert_false(ma_items_next(&it, &item));
}

static bool runs_on(const char *text, const char *next)
{
    struct ma_taglist tags;
    struct ma_tag tag;
    struct ma_span at;
    ma_taglist_init(&tags, text, strlen(text));
    assert_true(ma_taglist_next(&tags, &tag));
    return ma_tag_runs_on(text, &tag, &at) && ma_span_is(text, at, next);
}

static void forgotten_semicolons(void **state)
{
    (void)state;
    assert_true(runs_on("v=DMARC1 p=none", "p"));
    assert_true(runs_on("k=rsa  t=s p=x", "t"));
    assert_false(runs_on("n=a b c", ""));
    assert_false(runs_on("p=ab ==", ""));
    assert_false(runs_on("p=ab c", ""));
}

static void zone_quoting(void **state)
{
    (void)state;
    struct ma_span at;
    assert_true(ma_find_zone_quoting("\"v=DKIM1\"", 9, &at) && at.offset == 0);
    assert_true(ma_find_zone_quoting("v=DKIM1\\; p=", 12, &at) && at.offset == 7 && at.size == 2);
    assert_true(ma_find_zone_quoting("v=DKIM1; p=\"", 12, &at) && at.offset == 11);
    assert_false(ma_find_zone_quoting("v=DKIM1; n=a\\b \"c\" d", 20, &at));
    assert_false(ma_find_zone_quoting("", 0, &at));
    assert_false(ma_find_zone_quoting("\\", 1, &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_have_their_places),
        cmocka_unit_test(odd_lists),
        cmocka_unit_test(nuls_are_bytes),
        cmocka_unit_test(items),
        cmocka_unit_test(forgotten_semicolons),
        cmocka_unit_test(zone_quoting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
