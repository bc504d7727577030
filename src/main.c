/* SPDX-License-Identifier: MIT */
#include "changed/changed.h"
#include "config.h"
#include "options.h"
#include "output.h"
#include "recorder.h"
#include "report/escape.h"
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All that one audit needs. */
struct program {
    struct ma_options options;
    struct ma_registry registry;
    struct ma_session session;
    struct ma_changed changed; /* of --changed */
    bool done;
    bool told; /* the plug-in's status line is out */
    FILE *err; /* in memory: printed at the end, each line with the program's name */
};

static void on_done(struct ma_audit *audit, void *context)
{
    struct program *p = context;
    (void)audit;
    p->done = true;
}

static void on_deadline(uv_timer_t *timer)
{
    ma_audit_expire(timer->data);
}

static struct ma_audit *run_audit(struct program *p)
{
    uv_timer_t deadline;
    struct ma_audit *audit = ma_audit_start(&p->session.engine, &p->options.spec, on_done, p);
    if (audit == NULL) {
        fputs("out of memory\n", p->err);
        return NULL;
    }
    uv_timer_init(&p->session.loop, &deadline);
    deadline.data = audit;
    uv_timer_start(&deadline, on_deadline, p->options.timeout_msecs, 0);
    ma_engine_work(&p->session.engine);
    while (!p->done) {
        uv_run(&p->session.loop, UV_RUN_ONCE);
        ma_engine_work(&p->session.engine);
    }
    uv_close((uv_handle_t *)&deadline, NULL);
    uv_run(&p->session.loop, UV_RUN_NOWAIT); /* the timer is on this stack: let it close */
    return audit;
}

static bool print_report(struct program *p, const struct ma_report *report)
{
    struct ma_output out;
    if (!ma_output_open(&out, p->options.output, p->err))
        return false;
    const struct ma_format *format = p->options.format != NULL ? p->options.format : &ma_formats[0];
    struct ma_render_options r = ma_render_options_for(&p->options, out.file);
    format->render(out.file, report, &r);
    return ma_output_close(&out, p->err);
}

static bool print_changes(struct program *p)
{
    struct ma_output out;
    if (!p->changed.news)
        return true;
    if (!ma_output_open(&out, p->options.output, p->err))
        return false;
    struct ma_render_options r = ma_render_options_for(&p->options, out.file);
    ma_changed_print(out.file, &p->changed, &r);
    return ma_output_close(&out, p->err);
}

/* The report, or what is new in it, and the exit code for it. The state is kept last: what could
   not be printed is told by the next run. */
static int tell(struct program *p, const struct ma_report *report)
{
    struct ma_changed *c = &p->changed;
    int code = ma_exit_code(report, &p->options);
    if (c->path == NULL || (c->first && report->status == MA_REPORT_FAILED))
        return print_report(p, report) ? code : MA_EXIT_USAGE;
    if (!ma_changed_compare(c, report, &p->registry, p->options.spec.now_secs, p->err) ||
        !print_changes(p) || !ma_changed_keep(c, p->err))
        return MA_EXIT_USAGE;
    return c->news ? code : MA_EXIT_OK;
}

/* As a monitoring plug-in: nothing is printed before all that can fail is done. */
static int print_state(struct program *p, const struct ma_report *report)
{
    struct ma_plug_in *plug_in = &p->options.plug_in;
    struct ma_nagios *n = &plug_in->nagios;
    if (!ma_soft_apply(&plug_in->soft, &p->options.spec, report, n, p->err) ||
        !print_report(p, report))
        return MA_EXIT_USAGE;
    p->told = true;
    return n->repeat != NULL ? (int)n->repeat->state : (int)ma_nagios_state(report, n);
}

/* With an open session. */
static int audit_in_session(struct program *p)
{
    int code = MA_EXIT_USAGE;
    struct ma_audit *a = run_audit(p);
    if (a == NULL)
        return code;
    const struct ma_report *report = ma_audit_report(a);
    int told = code;
    bool ok = p->options.record == NULL ||
              ma_recording_write(p->options.record, a, &p->session, &p->options, p->err);
    if (p->options.command->print != NULL)
        told = p->options.command->print(report, &p->session, &p->options, p->err);
    else if (!p->options.plug_in.active)
        told = tell(p, report);
    else if (ok)
        told = print_state(p, report);
    if (ok)
        code = told;
    ma_audit_free(a);
    return code;
}

static int audit(struct program *p)
{
    int code = MA_EXIT_USAGE;
    const struct ma_options *o = &p->options;
    if (o->changed != NULL && !ma_changed_open(&p->changed, o->changed, o->spec.domain, p->err)) {
        ma_changed_close(&p->changed);
        return code;
    }
    if (ma_session_open(&p->session, o, &p->registry, 0, p->err))
        code = audit_in_session(p);
    ma_session_close(&p->session);
    ma_changed_close(&p->changed);
    return code;
}

static bool open_registry(struct program *p)
{
    struct ma_setup setup = {
        .settings = p->options.settings, .setting_count = p->options.setting_count, .err = p->err};
    return ma_registry_open(&p->registry, &setup);
}

static int explain(struct program *p)
{
    const char *id = p->options.explain;
    for (size_t i = 0; i < p->registry.count; i++) {
        const struct ma_check *c = p->registry.checks[i].check;
        for (size_t k = 0; k < c->rule_count; k++) {
            if (strcmp(c->rules[k].id, id) == 0) {
                ma_rule_explain(stdout, c, &c->rules[k]);
                return MA_EXIT_OK;
            }
        }
    }
    fprintf(p->err, "no rule is named '%s': mailaudit --rules lists them\n", id);
    return MA_EXIT_USAGE;
}

static bool load_checks(struct program *p)
{
    const struct ma_options *o = &p->options;
    if (!ma_registry_init(&p->registry, p->err) ||
        !ma_registry_load_dir(&p->registry, MA_PLUGIN_DIR, p->err))
        return false;
    for (size_t i = 0; i < o->plugins.count; i++)
        if (!ma_registry_load(&p->registry, o->plugins.items[i], p->err))
            return false;
    if (ma_registry_select(&p->registry, o->only, o->without, p->err)) {
        if (o->command->no_target)
            ma_registry_leave_out(&p->registry, "target");
        if (o->rdap && o->command->check == NULL)
            ma_registry_demand(&p->registry, "rdap");
        return true;
    }
    if (o->recorded_checks)
        fprintf(p->err,
            "it ran in the audit of '%s': load it with --plugin, or choose with --check\n",
            o->replay);
    return false;
}

static int run(struct program *p, int argc, char **argv)
{
    if (!ma_options_read(&p->options, argc, argv, p->err)) {
        fprintf(p->err, "try '%s --help'\n",
            p->options.plug_in.active ? "check_mailaudit" : "mailaudit");
        return MA_EXIT_USAGE;
    }
    const struct ma_options *o = &p->options;
    if (o->action == MA_ACTION_DONE)
        return MA_EXIT_OK;
    if (!load_checks(p))
        return MA_EXIT_USAGE;
    if (o->action == MA_ACTION_EXPLAIN)
        return explain(p);
    if (o->action == MA_ACTION_RULES) {
        ma_rules_print(stdout, &p->registry);
        return MA_EXIT_OK;
    }
    if (!open_registry(p))
        return MA_EXIT_USAGE;
    return o->command->run != NULL ? o->command->run(o, &p->registry, p->err) : audit(p);
}

/* They quote files and recordings: nothing in them is to drive a terminal. */
static void print_errors(char *text)
{
    struct ma_piece piece;
    for (char *line = strtok_r(text, "\n", &text); line != NULL;
         line = strtok_r(NULL, "\n", &text)) {
        fputs("mailaudit: ", stderr);
        for (size_t left = strlen(line); left > 0; left -= piece.consumed, line += piece.consumed) {
            ma_piece_next(&piece, (const unsigned char *)line, left);
            fwrite(piece.text, 1, piece.length, stderr);
        }
        fputc('\n', stderr);
    }
}

/* Monitoring systems read standard output only, and take its first line for the status. */
static int end_plug_in(const struct program *p, int code, char *errors)
{
    char *line = strtok_r(errors, "\n", &errors);
    if (line == NULL && p->options.action != MA_ACTION_COMMAND)
        return MA_SERVICE_UNKNOWN; /* help, version, rules */
    if (!p->told) {
        bool whole = ma_nagios_failure(stdout, line != NULL ? line : "no reason given");
        line = whole ? strtok_r(NULL, "\n", &errors) : line;
    }
    for (; line != NULL; line = strtok_r(NULL, "\n", &errors)) {
        ma_nagios_put(stdout, line);
        putchar('\n');
    }
    return p->told && fflush(stdout) == 0 ? code : MA_SERVICE_UNKNOWN;
}

int main(int argc, char **argv)
{
    static struct program p;
    char *errors = NULL;
    size_t errors_size = 0;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of the write */
    p.err = open_memstream(&errors, &errors_size);
    if (p.err == NULL) {
        fputs("mailaudit: out of memory\n", stderr);
        return MA_EXIT_USAGE;
    }
    int code = run(&p, argc, argv);
    if (fflush(stdout) != 0 && code != MA_EXIT_USAGE) {
        fprintf(p.err, "cannot write standard output: %s\n", strerror(errno));
        code = MA_EXIT_USAGE;
    }
    ma_registry_close(&p.registry);
    fclose(p.err);
    if (p.options.plug_in.active)
        code = end_plug_in(&p, code, errors);
    else
        print_errors(errors);
    ma_options_clear(&p.options);
    free(errors);
    return code;
}
