import { readFileSync } from 'node:fs'

export async function open() {
  const factor = Number(readFileSync(new URL('../assets/factor.txt', import.meta.url), 'utf8'))
  return {
    apply: (batch) =>
      Promise.resolve({ features: { ...batch, features: batch.features.map((value) => value * factor) } }),
  }
}
