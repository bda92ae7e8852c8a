import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from './etsef.js'

/** A server that was started. */
export interface Served {
  readonly child: ChildProcess
  readonly url: string
  readonly port: number
  readonly digest: string
  /** What it logged so far. */
  log(): string
}

/** `etsef serve` of a bundle at any free port, once it listens. */
export async function serve(bundle: string, cwd: string, ...args: readonly string[]): Promise<Served> {
  const words = [join(root, 'packages/runner/bin/etsef.js'), 'serve', bundle, '--port', '0', '--json', ...args]
  const child = spawn(process.execPath, words, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const line = await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data').then(([text]) => text as string),
    once(child, 'exit').then(() => {
      throw new Error(`it ended: ${log}`)
    }),
  ])
  const { address, bundle: digest } = JSON.parse(line) as { address: string; bundle: string }
  return { child, url: address, port: Number(new URL(address).port), digest, log: () => log }
}

/** Ends a server. @returns What it exits with. */
export async function stop({ child }: Pick<Served, 'child'>): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode
  child.kill('SIGTERM')
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}
