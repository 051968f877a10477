import { CallError, type Verb } from '../noun.ts'
import { packFolder } from './orb-source.ts'

export const packOrb: Verb = {
  name: 'pack',
  usage: 'rondo orb pack FOLDER',
  summary: 'print the folder an orb is written in (@orb.yml, commands/, jobs/, …) as one file',
  flags: {},
  async run(call) {
    const [folder] = call.arguments
    if (folder === undefined) throw new CallError('Name the folder that holds @orb.yml.')
    process.stdout.write(packFolder(folder))
    return 0
  },
}
