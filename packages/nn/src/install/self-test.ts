import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Binding } from './engine-cache.js'
import { lastLines, runCommand } from './run-command.js'

/** What the self-test learned about a binding that passed. */
export interface SelfTestResult {
  readonly tensorflowVersion: string
}

/**
 * Loads a binding in a child process and compares a convolution gradient, a fused batch-norm gradient and two Adam steps with
 * constants. A child, because a library built for another processor ends the process that loads it.
 *
 * @throws Error naming what differed, or how the child ended.
 */
export async function selfTest(binding: Pick<Binding, 'path' | 'package'>): Promise<SelfTestResult> {
  const script = fileURLToPath(new URL('./self-test-child.js', import.meta.url)).replace(
    /([\\/])src([\\/]install)/,
    '$1dist$2',
  )
  if (!existsSync(script)) throw new Error('the self-test is not built; run npm run build')
  const { code, stdout, stderr } = await runCommand(process.execPath, [script, binding.path, binding.package], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
    timeoutMs: 120_000,
  })
  if (code !== 0) throw new Error(`self-test failed: ${lastLines(stderr)}`)
  const line = stdout.trim().split('\n').at(-1) ?? ''
  return JSON.parse(line) as SelfTestResult
}
