import { checkManifest } from './check-manifest.js'
import { guardedImport, placeOf, type Failure } from './guarded-import.js'
import type { Description, FromDescriber, ToDescribe } from './description.js'

function send(message: FromDescriber): void {
  process.send?.(message)
}

async function describe({ entry, dir }: ToDescribe): Promise<Description> {
  const imported = await guardedImport(entry, dir, { mayEnd: true })
  const printed = imported.printed === undefined ? {} : { printed: imported.printed }
  if ('failed' in imported) return { failure: imported.failed, ...printed }
  const checked = checkManifest(imported.exported)
  if ('fault' in checked) return { failure: { message: checked.fault }, ...printed }
  const { name, operations } = checked.plugin
  return { name, types: operations.map((operation) => operation.type), ...printed }
}

let current: { readonly index: number; readonly dir: string } | undefined

function breakDown(thrown: unknown): void {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const failure: Failure = { message: error.message, place: current && placeOf(error, current.dir) }
  if (current) send({ type: 'done', index: current.index, description: { failure } })
  process.exit(1)
}

process.on('unhandledRejection', breakDown)
process.on('uncaughtException', breakDown)
process.once('message', (all: readonly (ToDescribe & { readonly index: number })[]) => {
  // A module that waits for what never happens then ends the process, instead of keeping it.
  process.channel?.unref()
  void (async () => {
    for (const each of all) {
      current = each
      send({ type: 'start', index: each.index })
      const description = await describe(each)
      // What it left behind may break a moment later.
      await new Promise((resolve) => setImmediate(resolve))
      send({ type: 'done', index: each.index, description })
    }
    current = undefined
    process.disconnect()
    process.exit(0)
  })()
})
