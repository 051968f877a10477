import { join } from 'node:path'
import pino, { type Logger } from 'pino'

/** JSON lines in `server.log`. Text is static; what varies goes in fields. */
export function openLog(folder: string, level: string): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: join(folder, 'server.log'), sync: true, append: true, mkdir: true }),
  )
}
