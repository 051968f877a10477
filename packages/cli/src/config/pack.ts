import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { packFiles, tellPackRefused } from '../orb/orb-source.ts'
import { printJson } from '../print-problems.ts'
import { requireFolder } from '../require-folder.ts'

export const packConfig: Verb = {
  name: 'pack',
  usage: 'rondo config pack FOLDER',
  summary: 'print a folder of YAML files as one config: x.yml in a folder is its key x, @x.yml a part of it',
  flags: jsonFlag,
  async run(call) {
    const [folder] = call.arguments
    if (folder === undefined || call.arguments.length > 1) throw new CallError('Name one folder.')
    requireFolder(folder, 'A single file needs no packing; name the folder whose files make the config.')
    try {
      const output = packFiles(folder)
      if (call.given('json')) printJson({ output })
      else process.stdout.write(output)
      return 0
    } catch (error) {
      return tellPackRefused(call, error, { output: null })
    }
  },
}
