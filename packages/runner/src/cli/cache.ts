import { join } from 'node:path'
import { findProjectRoot } from '../registry/find-project.js'
import { storeDirOf } from '../run/store-dir.js'
import { watchLiveRuns } from '../run/live-runs.js'
import { listRuns, readRunRecord, runDir } from '../run/run-record.js'
import { sweepLocks } from '../store/key-lock.js'
import { removeQuietly } from '../store/remove-quietly.js'
import { sweepTemporary } from '../store/temporary.js'
import { bytesBelow, collectGarbage } from '../store/collect-garbage.js'
import { openStore, storeFolders, type Store } from '../store/store.js'
import { UsageError, wholeNumber, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { formatBytes, formatTable, type Output } from './output.js'

const defaultKeepRuns = 10

/** `etsef cache du | gc | verify`. */
export async function cache(args: Arguments, output: Output): Promise<number> {
  const store = openStore(storeDirOf(findProjectRoot(args.cwd), args.cwd, args.values.store))
  const [action] = args.rest
  if (action === 'du') return Promise.resolve(du(store, args, output))
  if (action === 'gc') return Promise.resolve(gc(store, args, output))
  if (action === 'verify') return Promise.resolve(verify(store, args, output))
  throw new UsageError('etsef cache du, gc or verify')
}

function du(store: Store, args: Arguments, output: Output): number {
  const byOperation = new Map<string, { count: number; bytes: number }>()
  for (const key of store.keys()) {
    const found = store.find(key)
    const name = found.state === 'present' ? found.manifest.operation : '(damaged)'
    const entry = byOperation.get(name) ?? { count: 0, bytes: 0 }
    byOperation.set(name, { count: entry.count + 1, bytes: entry.bytes + bytesBelow(store.path(key)) })
  }
  const sorted = [...byOperation].sort((a, b) => b[1].bytes - a[1].bytes)
  const others = Object.values(storeFolders)
    .filter((folder) => folder !== storeFolders.artifacts)
    .map((folder) => [folder, bytesBelow(join(store.dir, folder))] as const)
  const total =
    sorted.reduce((sum, [, entry]) => sum + entry.bytes, 0) + others.reduce((sum, [, bytes]) => sum + bytes, 0)
  if (args.isJson)
    output.line(JSON.stringify({ total, artifacts: Object.fromEntries(sorted), others: Object.fromEntries(others) }))
  else {
    output.line(
      formatTable({
        columns: ['what', 'artifacts', 'size'],
        rows: [
          ...sorted.map(([name, entry]) => [name, String(entry.count), formatBytes(entry.bytes)]),
          ...others.map(([name, bytes]) => [name, '', formatBytes(bytes)]),
          ['total', '', formatBytes(total)],
        ],
      }),
    )
  }
  return exitCodes.ok
}

function gc(store: Store, args: Arguments, output: Output): number {
  const keepRuns = wholeNumber(args.values['keep-runs'], 'keep-runs', 0) ?? defaultKeepRuns
  const live = watchLiveRuns(store.dir)
  const runs = listRuns(store.dir)
  const keep = new Set(
    runs
      .slice(0, keepRuns)
      .flatMap((run) => Object.values(readRunRecord(store.dir, run)?.stages ?? {}).map((stage) => stage.key)),
  )
  const isDryRun = args.values['dry-run'] ?? false
  const result = collectGarbage(store, {
    keep,
    isInUse: (key) => live.needs(key),
    maxBytes: wholeNumber(args.values['max-bytes'], 'max-bytes', 0),
    isDryRun,
  })
  if (!isDryRun) {
    for (const run of runs.slice(keepRuns)) {
      if (live.has(run)) continue
      removeQuietly(runDir(store.dir, run))
      removeQuietly(join(store.dir, storeFolders.logs, run))
    }
    sweepLocks(store.dir)
    sweepTemporary(store.dir)
  }
  if (args.isJson) output.line(JSON.stringify({ ...result, isDryRun }))
  else
    output.line(
      `${isDryRun ? 'would remove' : 'removed'} ${result.removed.length} artifacts (${formatBytes(result.bytesRemoved)}); ${result.numKept} kept (${formatBytes(result.bytesKept)})`,
    )
  return exitCodes.ok
}

function verify(store: Store, args: Arguments, output: Output): number {
  const damaged: { key: string; reason: string }[] = []
  const keys = store.keys()
  for (const key of keys) {
    const found = store.find(key)
    const reason =
      found.state === 'present'
        ? store.verify(found.manifest, true)
        : found.state === 'corrupt'
          ? found.reason
          : undefined
    if (reason === undefined) continue
    damaged.push({ key, reason })
    store.quarantine(key)
  }
  if (args.isJson) output.line(JSON.stringify({ numChecked: keys.length, damaged }))
  else {
    for (const { key, reason } of damaged)
      output.line(`${key.slice(0, 12)}: ${reason}; set aside, it will be computed again`)
    output.line(`${keys.length} artifacts checked, ${damaged.length} damaged`)
  }
  return damaged.length > 0 ? exitCodes.failed : exitCodes.ok
}
