import { orbScenario } from '../../scenario/orb-scenario.ts'

export const scenario = orbScenario({
  image: 'cimg/base:stable',
  orbs: ['circleci/continuation@2.0.1'],
})
