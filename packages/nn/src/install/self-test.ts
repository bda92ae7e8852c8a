import { childScript } from './child-script.js'
import type { Binding } from './engine-cache.js'
import { lastLines, runCommand } from './run-command.js'
import { noEngine } from '../errors.js'

/** What the self-test learned about a binding that passed. */
export interface SelfTestResult {
  readonly tensorflowVersion: string
}

/**
 * Loads a binding in a child process and compares gradients of convolutions, of batch norm with each activation and of channel
 * products, and two Adam steps, with constants. A child, because a library built for another processor ends the process that loads it.
 *
 * @param ownKernels - Compiled kernels of ours to test with it; default those in their place, if any.
 * @throws Error naming what differed, or how the child ended.
 */
export async function selfTest(
  binding: Pick<Binding, 'path' | 'package'>,
  ownKernels?: string,
): Promise<SelfTestResult> {
  const script = childScript(new URL('./self-test-child.js', import.meta.url))
  if (script === undefined) throw noEngine('the self-test is not built; run npm run build')
  const args = [script, binding.path, binding.package, ...(ownKernels === undefined ? [] : [ownKernels])]
  const { code, stdout, stderr } = await runCommand(process.execPath, args, {
    // Two threads, so that what our kernels do only then is tested too.
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', ETSEF_KERNEL_THREADS: '2' },
    timeoutMs: 120_000,
  })
  if (code !== 0) throw noEngine(`self-test failed: ${lastLines(stderr)}`)
  const line = stdout.trim().split('\n').at(-1) ?? ''
  return JSON.parse(line) as SelfTestResult
}
