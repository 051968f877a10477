import { changeImage, emptyImage, forgetImages } from '@rondo/testkit'
import type { ScenarioSteps } from '../../scenario/load.ts'

const [empty, arm, workdir] = ['empty', 'arm', 'workdir'].map((tag) => `rondo-scenario/odd:${tag}`) as [
  string,
  string,
  string,
]

export const scenario: ScenarioSteps = {
  async prepare() {
    emptyImage(empty)
    emptyImage(arm, 'arm64')
    changeImage('alpine:latest', ['WORKDIR /no/such/folder', 'ENV SET=yes', 'USER 405'], workdir)
    return {}
  },
  async cleanUp() {
    forgetImages([empty, arm, workdir])
  },
}
