import util from 'node:util'

/**
 * Sets what the native library reads when it loads: thread counts, oneDNN, log level. Values the user has set stay, but for
 * `TF_NUM_INTRAOP_THREADS` where our kernels are: it becomes their number of threads (`ETSEF_KERNEL_THREADS`). Must run before the
 * first import of the native package.
 *
 * With our kernels TensorFlow's own operations run on one thread each and the kernels share the work, which gives the bits of one
 * thread. Without them more than one thread gives other bits.
 *
 * @returns Threads that work on an operation.
 */
export function prepareEnvironment(
  threads: number,
  hasOwnKernels: boolean,
  env: NodeJS.ProcessEnv = process.env,
): number {
  const ofTensorflow = env['TF_NUM_INTRAOP_THREADS'] ?? String(threads)
  const ofKernels = env['ETSEF_KERNEL_THREADS'] ?? ofTensorflow
  env['TF_NUM_INTRAOP_THREADS'] = hasOwnKernels ? '1' : ofTensorflow
  if (hasOwnKernels) env['ETSEF_KERNEL_THREADS'] = ofKernels
  env['TF_NUM_INTEROP_THREADS'] ??= '1'
  env['TF_ENABLE_ONEDNN_OPTS'] ??= '1'
  env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'
  env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true'
  return Number(hasOwnKernels ? ofKernels : ofTensorflow)
}

/** Puts back two functions that Node 24 dropped and the native package's kernels call. */
export function shimNodeUtil(): void {
  const legacy = util as unknown as Record<string, unknown>
  legacy['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined
  // Node's own version prints a deprecation warning at each first use.
  legacy['isArray'] = (value: unknown) => Array.isArray(value)
}
