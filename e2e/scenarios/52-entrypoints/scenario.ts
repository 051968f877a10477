import { changeImage, forgetImages } from '@rondo/testkit'
import type { ScenarioSteps } from '../../scenario/load.ts'

const plain = 'rondo-scenario/entry:plain'
const kept = 'rondo-scenario/entry:kept'
const script = 'echo printed by the entry point; echo entry $WORD $* >/tmp/ran'

export const scenario: ScenarioSteps = {
  async prepare() {
    const entry = [`ENTRYPOINT ${JSON.stringify(['sh', '-c', script, 'sh'])}`, 'CMD ["image", "default"]']
    changeImage('alpine:latest', entry, plain)
    changeImage('alpine:latest', [...entry, 'LABEL com.circleci.preserve-entrypoint=true'], kept)
    return {}
  },
  async cleanUp() {
    forgetImages([plain, kept])
  },
}
