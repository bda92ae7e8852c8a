import type { MovedTo, Plugin } from '@etsef/plugin-api'
import type { Failure } from './guarded-import.js'

/** What is known of a plugin's manifest without loading it. */
export type Description = (
  | {
      readonly name: string
      readonly types: readonly string[]
      readonly moved?: Readonly<Record<string, MovedTo>>
    }
  | { readonly failure: Failure }
) & {
  /** The first thing that it printed while it was loaded. */
  readonly printed?: string
}

/** A manifest to describe. */
export interface ToDescribe {
  readonly packageName: string
  /** Absolute path of the manifest module. */
  readonly entry: string
  readonly dir: string
  /** Of the package's own code. */
  readonly digest: string
}

/** What the process that loads unknown manifests says. */
export type FromDescriber =
  | { readonly type: 'start'; readonly index: number }
  | { readonly type: 'done'; readonly index: number; readonly description: Description }

/** What a sound manifest says. */
export function describePlugin({ name, operations, moved }: Plugin): Description {
  return { name, types: operations.map(({ type }) => type), ...(moved && { moved }) }
}
