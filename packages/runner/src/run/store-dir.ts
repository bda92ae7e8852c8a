import { join, resolve } from 'node:path'

/** Folder of the store: as told, or of the environment, or `.etsef` in the project. */
export function storeDirOf(root: string, cwd: string, told?: string): string {
  const wanted = told ?? process.env['ETSEF_STORE']
  return wanted === undefined || wanted === '' ? join(root, '.etsef') : resolve(cwd, wanted)
}
