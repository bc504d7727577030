/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "registry.h"

static const char *folder; /* of the plug-ins: plugin-N.so has fault N */
static struct ma_registry registry;
static char *said;
static size_t said_size;
static FILE *err;

static int setup(void **state)
{
    (void)state;
    err = open_memstream(&said, &said_size);
    return err == NULL || !ma_registry_init(&registry, err);
}

static int teardown(void **state)
{
    (void)state;
    ma_registry_close(&registry);
    fclose(err);
    free(said);
    return 0;
}

static bool load(int fault)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/plugin-%d.so", folder, fault);
    bool ok = ma_registry_load(&registry, path, err);
    fflush(err);
    if (!ok)
        assert_non_null(strstr(said, path));
    return ok;
}

static const struct ma_registered *check(const char *name)
{
    for (size_t i = 0; i < registry.count; i++)
        if (strcmp(registry.checks[i].check->name, name) == 0)
            return &registry.checks[i];
    return NULL;
}

static void built_in_checks_are_sorted(void **state)
{
    (void)state;
    assert_non_null(check("audit"));
    assert_non_null(check("target"));
    for (size_t i = 0; i < registry.count; i++) {
        const struct ma_check *c = registry.checks[i].check;
        assert_int_equal(c->abi, MA_ABI);
        assert_int_equal(registry.checks[i].enabled, !c->on_demand);
        if (i > 0)
            assert_true(strcmp(registry.checks[i - 1].check->name, c->name) < 0);
        for (size_t k = 0; k < c->rule_count; k++)
            assert_ptr_equal(ma_registry_rule(&registry, c->rules[k].id), &c->rules[k]);
    }
    assert_null(ma_registry_rule(&registry, "target"));
}

static void a_plugin_is_a_check_like_others(void **state)
{
    (void)state;
    size_t before = registry.count;
    assert_true(load(0));
    assert_int_equal(registry.count, before + 1);
    assert_non_null(check("fine")->library);
    assert_non_null(ma_registry_rule(&registry, "fine.rule"));
    assert_false(load(0));
    assert_non_null(strstr(said, "there already"));
}

static void bad_plugins_are_refused(void **state)
{
    static const char *const why[] = {"", "ABI", "its name", "there already", "does not begin with",
        "word with hyphens", "word with hyphens", "there twice", "lacks", "lacks", "line 1"};
    (void)state;
    size_t before = registry.count;
    for (int fault = 1; fault < (int)(sizeof why / sizeof *why); fault++) {
        if (load(fault))
            fail_msg("plugin %d was taken", fault);
        if (strstr(said, why[fault]) == NULL)
            fail_msg("plugin %d: %s", fault, said);
        assert_int_equal(registry.count, before);
        fclose(err);
        free(said);
        err = open_memstream(&said, &said_size);
        assert_non_null(err);
    }
}

static void what_is_no_plugin_is_refused(void **state)
{
    (void)state;
    assert_false(ma_registry_load(&registry, "nosuch.so", err));
    assert_false(ma_registry_load(&registry, "/dev/null", err));
    assert_false(
        ma_registry_load(&registry, "libm.so.6", err)); /* the system's is not looked for */
    fflush(err);
    assert_non_null(strstr(said, "'nosuch.so'"));
    assert_non_null(strstr(said, "'/dev/null'"));
    assert_non_null(strstr(said, "'libm.so.6'"));
    assert_true(ma_registry_load_dir(&registry, "/nonexistent", err));
    assert_false(ma_registry_load_dir(&registry, "/dev/null", err));
}

static void checks_are_chosen_by_name(void **state)
{
    (void)state;
    assert_true(load(0));
    assert_true(ma_registry_select(&registry, "fine", NULL, err));
    for (size_t i = 0; i < registry.count; i++) {
        const char *name = registry.checks[i].check->name;
        assert_int_equal(registry.checks[i].enabled,
            strcmp(name, "fine") == 0 || strcmp(name, "audit") == 0 || strcmp(name, "target") == 0);
    }
    assert_true(ma_registry_select(&registry, "fine,target", "fine,", err));
    assert_false(check("fine")->enabled);
}

static void names_of_no_check_are_named(void **state)
{
    static const char *const rows[][2] = {{"nosuch", "'nosuch'"}, {"fin", "'fin'"},
        {"finer", "'finer'"}, {"fine,,target", "''"}, {"fine,x y", "'x y'"}};
    (void)state;
    assert_true(load(0));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(ma_registry_select(&registry, rows[i][0], NULL, err));
        assert_false(ma_registry_select(&registry, NULL, rows[i][0], err));
        fflush(err);
        assert_non_null(strstr(said, rows[i][1]));
    }
}

/* ---- open and close -------------------------------------------------------------------------- */

static int opened, closed;

static bool open_well(const struct ma_setup *s, void **state_r)
{
    assert_string_equal(ma_setting(s, "lists"), "a-file");
    assert_null(ma_setting(s, "list"));
    opened++;
    *state_r = &opened;
    return true;
}

static bool open_badly(const struct ma_setup *s, void **state_r)
{
    (void)state_r;
    ma_setup_error(s, "%s:%d: bad", "a-file", 3);
    return false;
}

static void on_close(void *state)
{
    assert_ptr_equal(state, &opened);
    closed++;
}

static void use(const struct ma_check *c, bool enabled)
{
    registry.checks[registry.count++] = (struct ma_registered){.check = c, .enabled = enabled};
}

static void only_what_was_opened_is_closed(void **state)
{
    static const struct ma_check well = {.name = "well", .open = open_well, .close = on_close};
    static const struct ma_check badly = {.name = "badly", .open = open_badly, .close = on_close};
    const struct ma_setting_pair setting = {"lists", "a-file"};
    const struct ma_setup s = {.settings = &setting, .setting_count = 1, .err = err};
    (void)state;
    registry.count = 0;
    use(&well, true);
    use(&badly, false);
    use(&well, true);
    use(&badly, true);
    use(&well, true);
    assert_false(ma_registry_open(&registry, &s));
    fflush(err);
    assert_string_equal(said, "a-file:3: bad\n");
    ma_registry_close(&registry);
    assert_int_equal(opened, 2);
    assert_int_equal(closed, 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(built_in_checks_are_sorted),
        CASE(a_plugin_is_a_check_like_others),
        CASE(bad_plugins_are_refused),
        CASE(what_is_no_plugin_is_refused),
        CASE(checks_are_chosen_by_name),
        CASE(names_of_no_check_are_named),
        CASE(only_what_was_opened_is_closed),
    };
    if (argc != 2) {
        fputs("usage: registry FOLDER\n", stderr);
        return 2;
    }
    folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
