/** CPUs that the stage of this process may use now. */
export interface GrantedThreads {
  readonly count: number
}

let granted = 1

/** What was granted last. */
export const grantedThreads: GrantedThreads = {
  get count() {
    return granted
  },
}

/** Grants CPUs. Compiled kernels look at the environment whenever they share work, so they follow in the middle of a stage, too. */
export function grantThreads(count: number): void {
  granted = count
  process.env['ETSEF_KERNEL_THREADS'] = String(count)
}
