/**
 * Settings of glibc's allocator for a worker; what the user has set stays. Other allocators take no notice.
 *
 * Without an engine: glibc gives each helper thread of V8 a heap of its own, and none gives back what another freed, so a long stream's
 * memory creeps up; one heap is enough, and large blocks stay outside of it, since glibc would take more of them in the more are freed.
 *
 * With an engine: its threads allocate at the same time and keep their heaps. A step allocates and frees the same batches and
 * activations over and over, each of many megabytes. By default such blocks go back to the system at once, and each page of the next one
 * is fetched anew: on a virtual machine that took as long as making the pictures of a batch. So blocks below 256 MB are kept for the
 * next step.
 */
export function workerMemory(
  hasEngine: boolean,
  env: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  const settings = hasEngine
    ? { MALLOC_MMAP_THRESHOLD_: String(256 * 2 ** 20), MALLOC_TRIM_THRESHOLD_: String(512 * 2 ** 20) }
    : { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' }
  return Object.fromEntries(Object.entries(settings).filter(([name]) => env[name] === undefined))
}
