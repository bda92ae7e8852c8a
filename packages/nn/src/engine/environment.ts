import util from 'node:util'

/**
 * Sets what the native library reads when it loads: thread counts, oneDNN, log level. Values the user has set stay. Must run
 * before the first import of the native package.
 */
export function prepareEnvironment(threads: number, env: NodeJS.ProcessEnv = process.env): void {
  env['TF_NUM_INTRAOP_THREADS'] ??= String(threads)
  env['TF_NUM_INTEROP_THREADS'] ??= '1'
  env['TF_ENABLE_ONEDNN_OPTS'] ??= '1'
  env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'
  env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true'
}

/** Puts back two functions that Node 24 dropped and the native package's kernels call. */
export function shimNodeUtil(): void {
  const legacy = util as unknown as Record<string, unknown>
  legacy['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined
  // Node's own version prints a deprecation warning at each first use.
  legacy['isArray'] = (value: unknown) => Array.isArray(value)
}
