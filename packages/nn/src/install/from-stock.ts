import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { packageDirectory } from '../engine-packages.js'
import { BINDING_PATH } from './engine-cache.js'
import { lastLines, runCommand } from './run-command.js'
import { NAPI_VERSION } from './versions.js'
import { noEngine } from '../errors.js'

const HOST = 'https://storage.googleapis.com/'

/**
 * Builds a cache entry with the npm package's own install script: libtensorflow 2.9.1 and a prebuilt binding, no compiler.
 * The host is asked first with a five-second limit, so that a machine without it loses no time.
 */
export async function buildFromStock(directory: string, log: (line: string) => void): Promise<void> {
  const source = packageDirectory('@tensorflow/tfjs-node')
  if (source === undefined) throw noEngine('@tensorflow/tfjs-node is not installed')
  await requireHost()
  log('running the install script of @tensorflow/tfjs-node (libtensorflow 2.9.1)')
  const bin = join(source, '..', '..', '.bin')
  const path = `${bin}${process.platform === 'win32' ? ';' : ':'}${process.env['PATH'] ?? ''}`
  const { code, stderr } = await runCommand(process.execPath, ['scripts/install.js'], {
    cwd: source,
    env: { ...process.env, PATH: path },
    timeoutMs: 600_000,
  })
  if (code !== 0) throw noEngine(`its install script failed: ${lastLines(stderr)}`)
  await cp(join(source, 'deps', 'lib'), join(directory, 'deps', 'lib'), { recursive: true, verbatimSymlinks: true })
  await cp(join(source, BINDING_PATH), join(directory, BINDING_PATH))
  await rm(join(source, 'deps'), { recursive: true, force: true })
  await rm(join(source, 'lib', `napi-v${NAPI_VERSION}`), { recursive: true, force: true })
}

async function requireHost(): Promise<void> {
  try {
    await fetch(HOST, { method: 'HEAD', signal: AbortSignal.timeout(5_000) })
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
    throw noEngine(`its download host is not reachable (${reason})`)
  }
}
