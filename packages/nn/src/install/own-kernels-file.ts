import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Binding } from './engine-cache.js'

/** The source of our own kernels, with headers beside it; published beside `dist` and `src`. */
export const KERNELS_SOURCE = fileURLToPath(new URL('../../native/kernels.cc', import.meta.url))

/** How they are compiled: for this machine's processor, with NaN and the order of sums respected. */
export const KERNELS_FLAGS = [
  '-std=c++17',
  '-O3',
  '-march=native',
  // Half as fast again where there are such vectors; GCC takes half of them unasked.
  ...(process.arch === 'x64' ? ['-mprefer-vector-width=512'] : []),
  '-fno-math-errno',
  '-fno-trapping-math',
  '-pthread',
  '-shared',
  '-fPIC',
  '-fvisibility=hidden',
] as const

/**
 * Where the compiled kernels of a binding belong. The name holds a digest of source, flags and processor: a cache directory that
 * another machine shares, or an older version wrote, offers nothing that this one could not run.
 */
export function ownKernelsPath(bindingPath: string): string {
  return join(dirname(bindingPath), `etsef_kernels-${digestOf(sourceText(), processor())}.node`)
}

/** The compiled kernels of a binding; undefined when there are none for this machine, or `ETSEF_OWN_KERNELS=0` switches them off. */
export function findOwnKernels(bindingPath: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env['ETSEF_OWN_KERNELS'] === '0' || !existsSync(KERNELS_SOURCE)) return undefined
  const path = ownKernelsPath(bindingPath)
  return existsSync(path) ? path : undefined
}

/** Digest of our kernels' source where a binding runs with them (compiled, and not on a GPU); else undefined. */
export function ownKernelsDigest(binding: Pick<Binding, 'path' | 'package'>): string | undefined {
  const isUsed = binding.package === '@tensorflow/tfjs-node' && findOwnKernels(binding.path) !== undefined
  return isUsed ? digestOf(sourceText()) : undefined
}

function sourceText(): string {
  const directory = dirname(KERNELS_SOURCE)
  const names = readdirSync(directory).sort()
  return names.map((name) => `${name}\n${readFileSync(join(directory, name), 'utf8')}`).join('\n')
}

function digestOf(...parts: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([parts, KERNELS_FLAGS]))
    .digest('hex')
    .slice(0, 8)
}

/** Model and features of the processor: what `-march=native` looks at. */
export function processor(): string {
  const model = `${process.arch} ${cpus()[0]?.model ?? ''}`
  try {
    return model + (/^(?:flags|Features)\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[0] ?? '')
  } catch {
    return model
  }
}
