import { existsSync } from 'node:fs'
import { pack } from '@rondo/config'
import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { pictures, yamlFiles } from '../orb/orb-source.ts'
import { printJson } from '../print-problems.ts'

export const packConfig: Verb = {
  name: 'pack',
  usage: 'rondo config pack FOLDER',
  summary: 'print a folder of YAML files as one config: x.yml in a folder is its key x, @x.yml a part of it',
  flags: jsonFlag,
  async run(call) {
    const [folder] = call.arguments
    if (folder === undefined || call.arguments.length > 1) throw new CallError('Name one folder.')
    if (!existsSync(folder)) throw new CallError(`There is no folder ${folder}.`)
    const files = yamlFiles(folder)
    const { text, diagnostics } = pack(files)
    if (text === undefined) throw new CallError(`The config cannot be packed:\n${pictures(diagnostics, files)}`, 1)
    if (call.given('json')) printJson({ output: text })
    else process.stdout.write(text)
    return 0
  },
}
