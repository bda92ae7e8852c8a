import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { engineCacheRoot } from '../engine-packages.js'
import { ONNXRUNTIME_VERSION } from '../versions.js'

/*
 * Networks that ONNX Runtime was seen to compute as a tensor engine does, in a file of this user: a line each, the last ones. A network that is
 * opened again, in another process, is not compared again, which would load TensorFlow for that alone. Whether they agree depends on the
 * network, the version of ONNX Runtime and the processor, so a line is a digest of these three. A file that is missing or cannot be written
 * costs a comparison.
 */

/** Lines that are kept. */
const mostLines = 512

/** Line of a network. @param onnx - Its bytes. */
export function agreementOf(onnx: Uint8Array): string {
  const hash = createHash('sha256').update(onnx)
  return hash.update(JSON.stringify([ONNXRUNTIME_VERSION, process.platform, process.arch, processor()])).digest('hex')
}

/** Whether a network was compared, and agreed. */
export function hasAgreed(agreement: string): boolean {
  return readLines().includes(agreement)
}

/** Remembers that a network has agreed. */
export function rememberAgreement(agreement: string): void {
  const path = pathOfAgreements()
  const temporary = `${path}.${String(process.pid)}`
  const lines = [...readLines().filter((line) => line !== agreement), agreement].slice(-mostLines)
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(temporary, `${lines.join('\n')}\n`)
    renameSync(temporary, path)
  } catch {
    // Read-only, or full.
  }
}

function pathOfAgreements(): string {
  return join(engineCacheRoot(), 'agreed-networks.txt')
}

function readLines(): string[] {
  try {
    return readFileSync(pathOfAgreements(), 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}

/** What code ONNX Runtime chooses depends on: a virtual machine's name of a processor may stand for several. */
function processor(): string {
  const model = cpus()[0]?.model ?? ''
  try {
    return `${model} ${/^flags\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[0] ?? ''}`
  } catch {
    return model
  }
}
