import { removeAddress } from './server-address.ts'
import { untilUnused } from './server-users.ts'

// The program that holds a server for the commands which still use it, when the one that started it has ended. It has the other end
// of the server's input, so the server stops when this ends, in whatever way.
const [, , dataFolder = ''] = process.argv
await untilUnused(dataFolder)
removeAddress(dataFolder)
