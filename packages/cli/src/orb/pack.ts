import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { packFolder, tellPackRefused } from './orb-source.ts'

export const packOrb: Verb = {
  name: 'pack',
  usage: 'rondo orb pack FOLDER',
  summary: 'print the folder an orb is written in (@orb.yml, commands/, jobs/, …) as one file',
  most: 1,
  flags: jsonFlag,
  async run(call) {
    const [folder] = call.arguments
    if (folder === undefined) throw new CallError('Name the folder that holds @orb.yml.')
    try {
      const output = packFolder(folder)
      if (call.given('json')) printJson({ output })
      else process.stdout.write(output)
      return 0
    } catch (error) {
      return tellPackRefused(call, error, { output: null })
    }
  },
}
