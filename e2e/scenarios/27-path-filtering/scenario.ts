import { orbScenario } from '../../scenario/orb-scenario.ts'

/** The one command that path-filtering takes from an orb which is not at hand. */
const jq = `version: 2.1
commands:
  install:
    steps: [{run: {name: Look for jq, command: jq --version}}]
`

export const scenario = orbScenario({
  image: 'cimg/base:current',
  ownOrbs: { 'circleci/jq@3.0.2': jq },
  orbs: ['circleci/continuation@2.0.1', 'circleci/path-filtering@2.1.0'],
})
