import { orbScenario } from '../../scenario/orb-scenario.ts'

export const scenario = orbScenario({
  folder: import.meta.dirname,
  image: 'cimg/base:stable',
  orbs: ['circleci/continuation@2.0.1'],
})
