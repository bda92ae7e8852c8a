import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { openBundle } from '../bundle/open-bundle.js'
import { bundleDigest } from '../bundle/write-bundle.js'
import { openMaps, type Maps } from '../predict/open-maps.js'
import { setFactsOf } from '../predict/prediction-sets.js'
import { findProjectRoot } from '../registry/find-project.js'
import { runnerVersion } from '../run/runner-version.js'
import { measurePending } from '../serve/measure-pending.js'
import { UsageError, wholeNumber, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { listenForInterrupts } from './interrupts.js'
import { withNamedPath } from './named-path.js'
import type { Output } from './output.js'
import { setKindOption } from './set-kind-option.js'

/** `etsef serve BUNDLE`: answers of a bundle over HTTP, until it is interrupted; what is being answered then is answered. */
export async function serve(args: Arguments, output: Output): Promise<number> {
  const { values, cwd } = args
  const host = values.host ?? '127.0.0.1'
  const port = wholeNumber(values.port, 'port', 0) ?? 8080
  if (port > 65535) throw new UsageError(`--port is at most 65535, not ${String(port)}`)
  const token = tokenOf(args)
  if (token === undefined && !['127.0.0.1', '::1', 'localhost'].includes(host))
    throw new UsageError(`on ${host} others can ask, too: give a token with --token-file FILE or ETSEF_TOKEN`)
  const limits = {
    concurrency: wholeNumber(values.concurrency, 'concurrency') ?? 16,
    maxBytes: wholeNumber(values['max-body'], 'max-body') ?? 20_000_000,
    maxPixels: wholeNumber(values['max-pixels'], 'max-pixels') ?? 25_000_000,
    timeoutSeconds: wholeNumber(values.timeout, 'timeout') ?? 30,
  }
  process.env['TF_NUM_INTRAOP_THREADS'] ??= '1'
  process.env['TF_NUM_INTEROP_THREADS'] ??= '1'
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'
  const sets = setKindOption(args)
  const signal = listenForInterrupts()
  const log = (line: Readonly<Record<string, unknown>>): void => {
    if (!args.isQuiet) output.note(JSON.stringify({ time: new Date().toISOString(), ...line }))
  }
  const threads = Math.min(availableParallelism(), 4)
  // No signal is passed on: requests that are being answered when the server is stopped get their answers.
  const opened = await openBundle({
    ...{ root: findProjectRoot(cwd), dir: resolve(cwd, args.rest[0] ?? ''), engine: values.engine, sets },
    bounds: { maxPixels: limits.maxPixels, maxPages: 1 },
    // The threads share the pictures of a batch, and this process stays free to accept requests.
    threads,
    notice: (message) => {
      log({ event: 'note', message })
    },
  })
  const { index, predictor, registry, profile } = opened
  const { createServer } = await import('../serve/create-server.js')
  // Measured even where the user gave a number: it also loads what would otherwise be loaded while the first sender waits.
  const { maxPending: measured, batchMs } = await measurePending(predictor, profile)
  const wanted = wholeNumber(values['max-pending'], 'max-pending')
  const maxPending = wanted ?? measured
  const rounded = batchMs.map((ms) => Math.round(10 * ms) / 10)
  log({ event: 'measured', batchMs: rounded, maxPending })
  const maps = registry.maps ? laterMaps(() => openMaps(registry, predictor)) : undefined
  const bundle = bundleDigest(index)
  const app = await createServer({
    ...{ predictor, maps, bundle, token, ...limits, maxPending, log },
    ...{
      gatherMs: Math.min(10, Math.max(2, (batchMs[0] ?? 20) / 8)),
      intendedUse: opened.intendedUse,
      sets: setFactsOf(opened.sets),
    },
    // A number that the user gave is kept to: without times of batches nobody is sent away earlier.
    ...(wanted === undefined && batchMs.length > 0 ? { batchMs } : {}),
    ...{ title: `${index.name}: ${index.target}`, version: runnerVersion },
  })
  try {
    const address = await app.listen({ host, port }).catch((thrown: unknown) => {
      // Taken by another, or not this machine's or this user's to have.
      if (!(thrown instanceof Error) || !('syscall' in thrown)) throw thrown
      throw new UsageError(`--host ${host} --port ${String(port)}: ${thrown.message}`)
    })
    if (args.isJson)
      output.line(JSON.stringify({ address, bundle, target: index.target, ...limits, maxPending, batchMs: rounded }))
    else output.line(`${index.target} of run ${index.run} at ${address}`)
    if (!signal.aborted) await once(signal, 'abort')
    log({ event: 'stopping' })
  } finally {
    await app.close()
    await maps?.close()
    await predictor.close()
  }
  return exitCodes.ok
}

/** Networks for maps are opened when the first map is asked for. */
function laterMaps(open: () => Promise<Maps>): Maps {
  let opened: Promise<Maps> | undefined
  return {
    explain: async (...asked) => {
      opened ??= open()
      return (await opened).explain(...asked)
    },
    close: async () => {
      await (await opened)?.close()
    },
  }
}

/** On the command line itself every user of the machine could read it. */
function tokenOf({ values, cwd }: Arguments): string | undefined {
  const file = values['token-file']
  const token = (
    file === undefined
      ? process.env['ETSEF_TOKEN']
      : withNamedPath('token-file', resolve(cwd, file), (path) => readFileSync(path, 'utf8'))
  )?.trim()
  if (token === '') throw new UsageError('the token is empty')
  return token
}
