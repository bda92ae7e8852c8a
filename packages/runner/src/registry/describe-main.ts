import { checkManifest } from './check-manifest.js'
import { guardedImport, placeOf, type Failure } from './guarded-import.js'
import { describePlugin, type Description, type FromDescriber, type ToDescribe } from './description.js'

function send(message: FromDescriber): void {
  process.send?.(message)
}

async function describe({ entry, dir }: ToDescribe): Promise<Description> {
  const imported = await guardedImport(entry, dir, { mayEnd: true })
  const printed = imported.printed === undefined ? {} : { printed: imported.printed }
  if ('failed' in imported) return { failure: imported.failed, ...printed }
  const checked = checkManifest(imported.exported)
  if ('fault' in checked) return { failure: { message: checked.fault }, ...printed }
  return { ...describePlugin(checked.plugin), ...printed }
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
  // Without this channel nothing keeps the process alive, so a module that waits for something that never happens ends it, instead of
  // hanging.
  process.channel?.unref()
  void (async () => {
    for (const each of all) {
      current = each
      send({ type: 'start', index: each.index })
      const description = await describe(each)
      // A timer or promise that the module started may throw a moment later, which is a fault of this module, too.
      await new Promise((resolve) => setImmediate(resolve))
      send({ type: 'done', index: each.index, description })
    }
    current = undefined
    process.disconnect()
    process.exit(0)
  })()
})
