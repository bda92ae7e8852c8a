import { readFileSync } from 'node:fs'

/** Version of this package. */
export const runnerVersion = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
).version
