/* The command table. Constant data, and two ways to look into it. */
#include "server/ctl/commands.h"

#include <string.h>

#include "server/ctl/import_codes.h"

#define CATEGORIES "wanted_by_court suspected_offence court_conditions missing_at_risk risk_of_harm"
#define RESPONSES "immediate arrest identify safeguarding"

const struct option global_options[] = {
    {"--server", "HOST:PORT", "the match server (default: OVERT_SERVER, else localhost:7643)", NULL,
     false, false},
    {"--identity", "DIR",
     "folder with cert.pem, key.pem, ca.pem (default: OVERT_IDENTITY, else "
     "~/.config/overt/identity)",
     NULL, false, false},
    {"--json", NULL, "answer in JSON", NULL, false, false},
    {"--yes", NULL, "do not ask for confirmation", NULL, false, false},
    {"--help", NULL, "explain the command", NULL, false, false},
    {"--version", NULL, "show the version", NULL, false, false},
    {NULL, NULL, NULL, NULL, false, false},
};

const struct command commands[] = {
    {.group = "site",
     .verb = "add",
     .args = {"NAME"},
     .summary = "make a place known, where capture clients may be",
     .help = "NAME is the name in the site's certificate (overt://site/NAME): a-z, 0-9 and '-'.\n"
             "\n"
             "  deploy/pki site ~/overt-ca north-gate\n"
             "  overtctl site add north-gate\n",
     .needs_server = true,
     .run = cmd_site_add},
    {.group = "site",
     .verb = "list",
     .summary = "show the places",
     .help = "",
     .needs_server = true,
     .run = cmd_site_list},
    {.group = "deployment",
     .verb = "create",
     .args = {"NAME"},
     .summary = "apply for a deployment",
     .options = {{"--purpose", "TEXT", "what it is for; stays in the record", NULL, true, false},
                 {"--site", "NAME", "a site it covers; repeat for more", NULL, true, true},
                 {"--kind", "KIND", "default: exercise", "exercise operational", false, false},
                 {"--start", "TIME", "default: now", NULL, false, false},
                 {"--end", "TIME", "default: the server's, eight hours after the start", NULL,
                  false, false},
                 {"--hours", "N", "instead of --end: so many hours after the start, at most 12",
                  NULL, false, false},
                 {"--threshold", "X", "cosine from which there is an alert (default: the model's)",
                  NULL, false, false},
                 {"--cool-down", "S", "seconds between alerts for one entry (default: 60)", NULL,
                  false, false},
                 {"--min-face", "PX", "smallest face looked for (default: 40)", NULL, false,
                  false}},
     .help =
         "Whoever applies cannot start it: another person authorises. A deployment\n"
         "lasts 12 hours at most. TIME is like 2026-05-01T12:00Z, or\n"
         "'2026-05-01 13:00' in this computer's time zone.\n"
         "\n"
         "  overtctl deployment create 'North gate, 1 May' --site north-gate \\\n"
         "      --purpose 'Exercise 12 of the trial plan' --start '2026-05-01 13:00' --hours 4\n",
     .needs_server = true,
     .run = cmd_deployment_create},
    {.group = "deployment",
     .verb = "list",
     .summary = "show the deployments, newest first",
     .help = "",
     .needs_server = true,
     .run = cmd_deployment_list},
    {.group = "deployment",
     .verb = "show",
     .args = {"DEPLOYMENT"},
     .summary = "show one deployment in full",
     .help = "DEPLOYMENT is its id or its name.\n",
     .needs_server = true,
     .run = cmd_deployment_show},
    {.group = "deployment",
     .verb = "start",
     .args = {"DEPLOYMENT"},
     .summary = "authorise a deployment and go live (not by the applicant)",
     .help = "Puts your authority on record and lets its sites search from now to the end of its\n"
             "window. It needs at least one approved entry. A terminal is asked first.\n"
             "\n"
             "  overtctl deployment show 'North gate, 1 May'\n"
             "  overtctl deployment start 'North gate, 1 May'\n",
     .needs_server = true,
     .run = cmd_deployment_start},
    {.group = "deployment",
     .verb = "stop",
     .args = {"DEPLOYMENT"},
     .summary = "stop a deployment at once and for good: the kill switch",
     .options = {{"--reason", "CODE", "default: requested",
                  "requested finished safety legality technical", false, false}},
     .help =
         "Ends every search of the deployment within a second on live links and within 30 s on\n"
         "cut ones. It cannot be started again, so a terminal is asked for 'yes'; without a\n"
         "terminal, or to lose no time, give --yes. CODE is any word of a-z and '_', 40 letters "
         "at\n"
         "most; those above are the usual ones.\n"
         "\n"
         "  overtctl deployment stop 'North gate, 1 May' --yes\n",
     .needs_server = true,
     .run = cmd_deployment_stop},
    {.group = "watchlist",
     .verb = "add",
     .args = {"DEPLOYMENT", "IMAGE"},
     .summary = "propose an entry: one subject, one photograph (JPEG)",
     .options = {{"--category", "CODE", "why the subject is sought", CATEGORIES, true, false},
                 {"--response", "CODE", "what an alert asks for", RESPONSES, true, false},
                 {"--region", "X,Y,W,H", "send only this part of the photograph, in pixels", NULL,
                  false, false},
                 {"--subject", "FILE", "two lines: name and reference", NULL, false, false}},
     .help =
         "The subject's name and your reference for them are asked for on the terminal, or read\n"
         "as two lines from standard input or from FILE. They are never given on the command\n"
         "line, where other users of the computer see them. Another photograph under the same\n"
         "reference joins the entry that is there. The entry is searched once another person\n"
         "has approved it. Of a photograph of several people, cut out one with --region: the\n"
         "others never leave this computer.\n"
         "\n"
         "  overtctl watchlist add 'North gate, 1 May' photo.jpg \\\n"
         "      --category wanted_by_court --response arrest\n",
     .needs_server = true,
     .run = cmd_watchlist_add},
    {.group = "watchlist",
     .verb = "import",
     .args = {"DEPLOYMENT", "FOLDER|CSV"},
     .summary = "propose many entries from a CSV file",
     .options = {{"--report", "FILE", "write each row's outcome to a new file", NULL, false,
                  false}},
     .help =
         "The file's first row names its columns: image,category,response,name,reference, in\n"
         "any order. Images are named relative to the file and lie in or below its folder. For\n"
         "a FOLDER the file is FOLDER/subjects.csv.\n"
         "A bad row never holds up a good one. Outcomes carry the row's number, as a\n"
         "spreadsheet counts (the first row is 1), and a code: never a name or a file name.\n"
         "Exit status 3 means that some rows failed. Ctrl-C ends in good order.\n"
         "\n"
         "  overtctl watchlist import 'North gate, 1 May' list/ --report list-outcome.csv\n",
     .codes = import_codes,
     .needs_server = true,
     .ends_in_order = true,
     .run = cmd_watchlist_import},
    {.group = "watchlist",
     .verb = "list",
     .args = {"DEPLOYMENT"},
     .summary = "show a deployment's entries",
     .options = {{"--state", "STATE", "only those in this state", "proposed approved withdrawn",
                  false, false}},
     .help =
         "Names and references are shown on an interactive terminal only. Anything else, --json\n"
         "included, gets ids, category and response.\n",
     .needs_server = true,
     .run = cmd_watchlist_list},
    {.group = "watchlist",
     .verb = "approve",
     .args = {"DEPLOYMENT", "[ENTRY]"},
     .summary = "approve one entry, or all that others proposed",
     .help = "What you proposed yourself stays for another person.\n"
             "\n"
             "  overtctl watchlist list 'North gate, 1 May' --state proposed\n"
             "  overtctl watchlist approve 'North gate, 1 May'\n",
     .needs_server = true,
     .run = cmd_watchlist_approve},
    {.group = "watchlist",
     .verb = "remove",
     .args = {"DEPLOYMENT", "ENTRY"},
     .summary = "withdraw an entry; it is no longer searched",
     .help = "Works at once and asks nothing. The entry can be proposed again.\n",
     .needs_server = true,
     .run = cmd_watchlist_remove},
    {.group = "alerts",
     .args = {"DEPLOYMENT"},
     .summary = "show a deployment's alerts",
     .options = {{"--follow", NULL, "go on as they are raised, until Ctrl-C", NULL, false, false},
                 {"--after", "FEED", "only those after this feed number", NULL, false, false}},
     .help = "An alert is a prompt to look, not a decision. Names and references are shown on an\n"
             "interactive terminal only. Anything else, --json included, gets ids, category and\n"
             "response. With --json each alert is one line. With --follow a lost server is tried\n"
             "again until it is back; no alert is missed and none is shown twice.\n"
             "\n"
             "  overtctl alerts 'North gate, 1 May' --follow\n",
     .needs_server = true,
     .ends_in_order = true,
     .run = cmd_alerts},
    {.group = "status",
     .summary = "show the server, who you are to it, and what runs",
     .options = {{"--watch", NULL, "renew every two seconds, until Ctrl-C", NULL, false, false}},
     .help = "",
     .needs_server = true,
     .ends_in_order = true,
     .run = cmd_status},
    {.group = "completion",
     .verb = "bash",
     .summary = "print the completion script for bash",
     .help = "  overtctl completion bash > ~/.local/share/bash-completion/completions/overtctl\n",
     .needs_server = false,
     .run = cmd_completion_bash},
    {.group = NULL},
};

const struct command *command_find(const char *group, const char *verb)
{
    for (const struct command *at = commands; at->group != NULL; at++) {
        if (strcmp(at->group, group) != 0)
            continue;
        if (at->verb == NULL || (verb != NULL && strcmp(at->verb, verb) == 0))
            return at;
    }
    return NULL;
}

bool command_group_exists(const char *group)
{
    for (const struct command *at = commands; at->group != NULL; at++) {
        if (strcmp(at->group, group) == 0)
            return true;
    }
    return false;
}
