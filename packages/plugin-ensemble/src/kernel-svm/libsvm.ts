import { requireQuietly } from '../ml/load-quietly.js'

/** The part of libsvm-js 0.2.1 that is used. */
export interface Libsvm {
  new (options: Readonly<Record<string, unknown>>): {
    train(samples: readonly (readonly number[])[], labels: readonly number[]): void
    getSVIndices(): number[]
    serializeModel(): string
    free(): void
  }
}

/** libsvm compiled to WebAssembly; loaded on first use, once. */
export async function loadLibsvm(): Promise<Libsvm> {
  // The package has no types; this is the class its documentation describes.
  return (await (requireQuietly('libsvm-js/wasm') as Promise<unknown>)) as Libsvm
}
