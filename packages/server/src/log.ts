import { join } from 'node:path'
import pino, { type Logger } from 'pino'

/** So much is kept of what there is no room for; what comes after it is left out. */
const keptBytes = 4 * 1024 ** 2

/** JSON lines in `server.log`. Text is static; what varies goes in fields. What a full disk has no room for comes later. */
export function openLog(folder: string, level: string): Logger {
  const destination = pino.destination({
    dest: join(folder, 'server.log'),
    sync: true,
    append: true,
    mkdir: true,
    maxLength: keptBytes,
  })
  // It writes what failed with the next line; nobody ends because of a line that cannot be written.
  destination.on('error', () => {})
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}
