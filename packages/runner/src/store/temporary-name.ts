import { hostname } from 'node:os'
import { ownStart } from './processes.js'

let numNames = 0

/** Name for a folder that this process writes in. It says whose it is: machine, process, and when that process began. */
export function temporaryName(): string {
  return `${String(process.pid)}-${ownStart()}-${String(numNames++)}-${hostname()}`
}
