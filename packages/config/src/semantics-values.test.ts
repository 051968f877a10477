import { describe, expect, it } from 'vitest'
import { compileText, errorsOf, jobOf, withSteps } from './testing/compile-text.ts'

/** Pipeline values, rule by rule (semantics 8). */

const values =
  `id number name definition.id project.git_url project.type project.slug integration_source git.tag git.branch
git.branch.is_default git.revision git.base_revision git.repo_url git.repo_owner git.repo_name git.repo_id git.commit.url
git.commit.subject git.commit.body git.commit.author_login config.repository.name config.repository.url config.file_path
config.ref config.sha trigger.received_at trigger.id trigger.type trigger_source schedule.name schedule.id event.name
event.action event.github.after event.github.head_commit.url event.github.ref event.context.github.pr_url
event.github.pull_request.base.ref event.github.pull_request.base.sha event.github.pull_request.head.ref
event.github.pull_request.head.sha event.github.pull_request.title event.github.pull_request.url
event.github.pull_request.draft event.github.pull_request.merged event.github.pull_request.number event.github.label.name
event.github.comment.body event.github.sender.type event.github.sender.login event.github.sender.avatar_url
event.github.repository.name event.github.repository.owner.login event.github.repository.url
trigger_parameters.webhook.body trigger_parameters.circleci.trigger_type trigger_parameters.circleci.event_time
trigger_parameters.circleci.event_type trigger_parameters.github_app.ref trigger_parameters.github_app.branch
trigger_parameters.github_app.total_commits_count trigger_parameters.gitlab.type trigger_parameters.gitlab.default_branch
trigger_parameters.gitlab.is_fork_merge_request deploy.component_name deploy.environment_name deploy.target_version
deploy.current_version deploy.namespace deploy.reason`
    .split(/\s+/)
    .map((name) => `pipeline.${name}`)

const runs = (source: string, given: Record<string, string | number | boolean>) =>
  jobOf(source, 'build', { pipelineValues: given }).steps.map((step) => (step.type === 'run' ? step.command : ''))

describe('a pipeline value', () => {
  it.each(values)('%s exists in the config, its commands, its executors and its orbs, undeclared', (name) => {
    const source = `version: 2.1
executors: {e: {docker: [{image: "i<< ${name} >>"}]}}
commands: {c: {steps: [{run: "c<< ${name} >>"}]}}
orbs: {o: {commands: {c: {steps: [{run: "o<< ${name} >>"}]}}}}
jobs: {build: {executor: e, steps: [{run: "j<< ${name} >>"}, c, o/c]}}
workflows: {w: {when: ${name} or true, jobs: [build]}}`

    const job = jobOf(source, 'build', { pipelineValues: { [name]: 'V' } })

    expect(job.steps).toMatchObject([{ command: 'jV' }, { command: 'cV' }, { command: 'oV' }])
    expect(job.executor).toMatchObject({ images: [{ image: 'iV' }] })
  })

  it.each(['git.tag', 'git.commit.body'])(
    '%s that a pipeline does not have is empty in text, and undefined in an expression',
    (name) => {
      const source = withSteps(
        `- run: "[<< pipeline.${name} >>]"\n- run: "<< not (pipeline.${name} == \\"\\") and \\"undefined\\" or \\"empty\\" >>"`,
      )

      expect(runs(source, {})).toEqual(['[]', 'undefined'])
      const emptyIs = name === 'git.tag' ? 'undefined' : 'empty'
      expect(runs(source, { [`pipeline.${name}`]: '' })).toEqual(['[]', emptyIs])
    },
  )

  it('of branch or tag is false where the pipeline is of the other', () => {
    const source = (when: string) =>
      `version: 2.1\njobs: {build: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {w: {jobs: [build: {filters: '${when}'}]}}`
    const kept = (when: string, given: Record<string, string>) => {
      const { plan } = compileText(source(when), { pipelineValues: given })
      return plan!.workflows.flatMap(({ jobs }) => jobs).length > 0
    }
    const onTag = { 'pipeline.git.branch': '', 'pipeline.git.tag': 'nightly' }
    const onBranch = { 'pipeline.git.branch': 'x', 'pipeline.git.tag': '' }

    expect(kept('pipeline.git.branch or (pipeline.git.tag matches /^v.*/)', onTag)).toBe(false)
    expect(kept('pipeline.git.branch or (pipeline.git.tag matches /^v.*/)', onBranch)).toBe(true)
    expect(kept('pipeline.git.branch != "main"', onTag)).toBe(false)
    expect(kept('pipeline.git.tag', onBranch)).toBe(false)
    expect(kept('not pipeline.schedule.name', onBranch)).toBe(true)
  })

  it('keeps its type where it stands alone, and is told of where it has another', () => {
    const source = (type: string, value: string) =>
      withSteps(
        `- c: {p: << ${value} >>}`,
        `commands: {c: {parameters: {p: {type: ${type}}}, steps: [{run: "=<< parameters.p >>"}]}}`,
      )
    const given = { 'pipeline.number': 12, 'pipeline.git.branch.is_default': true, 'pipeline.id': 'x' }

    expect(runs(source('integer', 'pipeline.number'), given)).toEqual(['=12'])
    expect(runs(source('boolean', 'pipeline.git.branch.is_default'), given)).toEqual(['=true'])
    expect(runs(source('string', 'pipeline.id'), given)).toEqual(['=x'])
    expect(errorsOf(source('string', 'pipeline.number'))).toEqual([
      expect.stringMatching(/^argument-type: .*actual value: 7 \(type integer\)$/),
    ])
  })

  it('may be the beginning of the name of another', () => {
    const given = { 'pipeline.git.branch': 'b', 'pipeline.git.branch.is_default': false }

    expect(runs(withSteps('- run: << pipeline.git.branch >>-<< pipeline.git.branch.is_default >>'), given)).toEqual([
      'b-false',
    ])
  })

  it('that is none is refused, with the nearest', () => {
    const { diagnostics } = compileText(withSteps('- run: << pipeline.git.brnch >>'))

    expect(diagnostics).toMatchObject([{ code: 'unknown-variable', hint: "Did you mean 'pipeline.git.branch'?" }])
  })

  it('is nothing of the environment: variables are no names in expressions', () => {
    expect(errorsOf(withSteps('- run: << CIRCLE_BRANCH >>'))).toEqual([
      'unknown-variable: Unknown variable(s): CIRCLE_BRANCH',
    ])
  })
})

describe('a pipeline parameter', () => {
  const declared = 'parameters: {p: {type: string, default: "1"}}'

  it('is visible in the config, its commands and the stanza of its orbs', () => {
    const orbs = {
      resolve: (reference: string) =>
        reference === 'n/o@1'
          ? { source: 'version: 2.1\ncommands: {c: {steps: [{run: o}]}}', resolved: 'n/o@1.0.0', digest: '' }
          : undefined,
    }
    const source = withSteps(
      '- run: j<< pipeline.parameters.p >>\n- c\n- o/c',
      `${declared}\norbs: {o: n/o@<< pipeline.parameters.p >>}\ncommands: {c: {steps: [{run: c<< pipeline.parameters.p >>}]}}`,
    )

    expect(jobOf(source, 'build', { orbs }).steps).toMatchObject([
      { command: 'j1' },
      { command: 'c1' },
      { command: 'o' },
    ])
  })

  it.each([
    ['in an inline orb', 'orbs: {o: {commands: {c: {steps: [{run: << pipeline.parameters.p >>}]}}}}', '- o/c'],
    [
      'where another is declared',
      'orbs: {o: {commands: {c: {steps: []}}}}',
      '- o/c',
      declared.replace('}}', '}, q: {type: string, default: << pipeline.parameters.p >>}}'),
    ],
  ])('is not visible %s', (_where, orbs, steps, parameters = declared) => {
    expect(errorsOf(withSteps(steps, `${parameters}\n${orbs}`))).toHaveLength(1)
  })
})
