import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { categorizeOrb, listOrb, requireCategories } from '../registry/changes.ts'
import { describeOrb } from '../registry/describe-orb.ts'
import { serverFlags, serverOf } from '../registry/server.ts'
import { requireOrbName } from './reference.ts'

export const editOrb: Verb = {
  name: 'edit',
  usage: 'rondo orb edit NAMESPACE/NAME',
  summary: 'whether an orb is in lists, and its categories; its versions never change',
  most: 1,
  flags: {
    unlist: { type: 'boolean', help: 'take it out of lists; it can be used by its name' },
    list: { type: 'boolean', help: 'put it back into lists' },
    'add-category': { type: 'string', multiple: true, value: 'NAME', help: 'of two at most' },
    'remove-category': { type: 'string', multiple: true, value: 'NAME', help: 'one it has' },
    ...serverFlags,
    ...jsonFlag,
  },
  async run(call) {
    const orb = requireOrbName(call.arguments[0])
    const [added, removed] = [call.texts('add-category'), call.texts('remove-category')]
    const listing = call.given('unlist') || call.given('list')
    if (call.given('unlist') && call.given('list')) throw new CallError('Say --list or --unlist, not both.')
    if (!listing && added.length + removed.length === 0)
      throw new CallError('Say what shall change: --unlist, --list, --add-category NAME or --remove-category NAME.')
    const client = serverOf(call)
    // A name that is none is told before anything changes.
    const categories = await requireCategories(client, [...removed, ...added])
    if (listing) await listOrb(client, orb, call.given('list'))
    for (const [index, category] of categories.entries())
      await categorizeOrb(client, orb, category, index >= removed.length)
    const described = await describeOrb(client, orb)
    const { isListed } = described
    const names = described.categories.map(({ name }) => name)
    if (call.given('json')) printJson({ orb, listed: isListed, categories: names })
    else
      process.stdout.write(
        `${orb} is ${isListed ? 'listed' : 'unlisted'}, ${names.length === 0 ? 'without categories' : `in ${names.join(', ')}`}.\n`,
      )
    return 0
  },
}
