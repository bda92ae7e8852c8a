import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export async function open({ options: { count, delayMs, log }, ctx }) {
  return {
    async apply(batch) {
      const file = join(ctx.checkpointDir, 'count')
      for (let n = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0; n < count; n++) {
        ctx.signal.throwIfAborted()
        await new Promise((resolve) => setTimeout(resolve, delayMs))
        if (log) appendFileSync(log, `${n}\n`)
        writeFileSync(`${file}.new`, String(n + 1))
        renameSync(`${file}.new`, file)
      }
      return { features: batch }
    },
  }
}
