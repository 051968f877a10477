/**
 * In what the API differs from the reference on purpose, and why. A difference that no entry explains fails the contract's
 * test, and so does an entry that explains nothing any more.
 */
export const knownDifferences: readonly (readonly [difference: RegExp, reason: string])[] = [
  [/: answers (items\[\]\.)?warnings too$/, 'live answers carry warnings'],
  [/: answers (items\[\]\.)?(max_auto_reruns|auto_rerun_number) too$/, 'newer answers carry them'],
  [/^GET \/me: answers avatar_url too$/, 'live answers carry it'],
  [
    /^GET \/me\/collaborations: answers \[\]\.vcs_type too$/,
    'readers want this spelling; the other one is answered as well',
  ],
  [/^(POST|GET|DELETE) \/organization/, 'a newer operation, which clients use to make organizations and projects'],
  [
    /^POST \/compile-config-with-defaults: is ours$/,
    'outside the description: the command line compiles configs there',
  ],
  [/^POST \/pipeline\/\{pipeline-id\}\/cancel: is ours$/, 'the reference cancels workflow by workflow'],
  [/schedule.*: (answers (items\[\]\.)?|reads )timetable\.time-zone too$/, 'ours: the reference knows UTC alone'],
  [
    /settings: (answers|reads) advanced\.autocancel_default_branch too$/,
    'ours: the reference never cancels on the default branch',
  ],
  [/^GET \/openapi\.json: is ours$/, 'outside the description: the command line looks there for what a server can do'],
  [/: answers without (items\[\]\.)?vcs\.review_(id|url)$/, 'optional; the built-in hosting has no pull requests'],
  [/: refuses {2}as null$/, 'a body of null is read as an empty one, before the schema sees it'],
  [/envvar.*: answers (items\[\]\.)?created-at as string$/, 'the reference gives it no type'],
  [
    /envvar.*: answers (items\[\]\.)?created_at too$/,
    'live answers spell it so; the other spelling is answered as well',
  ],
  [/: answers without (items\[\]\.)?errored_by$/, 'optional; nobody errors a workflow here'],
  [/: answers (items\[\]\.)?started_at as null$/, 'live answers have null for what has not started'],
  [/^POST \/workflow\/\{id\}\/rerun: does not read sparse_tree$/, 'no sparse checkout yet'],
  [/job-number\}: answers (executor\.type|number) as null$/, 'a job that waits for approval has neither'],
  [/: answers without messages\[\]\.reason$/, 'optional; messages say what there is to say'],
  [/^POST .*\/restrictions: answers context_id too$/, 'lists answer it as well'],
  [/^PATCH \/schedule.*: needs timetable\.[\w-]+$/, 'a timetable is changed as a whole: half of one means nothing'],
  [/^GET \/context: reads name too in its query$/, 'the command line filters by it'],
  [/environment-variable: answers items\[\]\.truncated_value too$/, 'live answers carry it'],
  [
    /environment-variable\/\{env-var-name\}: answers without message$/,
    'the reference allows a message instead; clients read the variable',
  ],
  [/^\w+ \/insights\/.*: is not served$/, 'trends, tests and time series are not built yet'],
  [/^GET \/insights\/.*: does not read (start|end)-date in its query$/, 'the newest runs are answered as they are'],
  [
    /checkout-key.*: answers (items\[\]\.)?(public_key|created_at) too$/,
    'live answers spell it so; the other spelling is answered as well',
  ],
  [/webhook(\/\{webhook-id\})?: is not served$/, 'not built yet'],
  [
    /^POST \/project\/\{project-slug\}: is not served$/,
    'classic organizations answer 405 there; projects are made under their organization',
  ],
  [/pipeline\/run: reads config\.content too$/, 'the command line sends a config of its own there'],
  [/oidc-custom-claims: is not served$/, 'no tokens for cloud providers yet'],
  [/^\w+ \/owner\/.*: is not served$/, 'no config policies yet'],
  [/usage_export_job.*: is not served$/, 'nothing is metered: builds cost nothing here'],
]
