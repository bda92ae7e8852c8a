import { isPipelineError, PipelineError } from '../errors.js'
import type { Rows } from '../payload/rows.js'
import { opaqueGroup, opaqueId, opaqueName } from './opaque-names.js'

/** What is needed of rows to know what they are called. */
export type NamedRows = Pick<Rows, 'ids' | 'sourceIds' | 'groups'>

/** An error with the rows and groups of the inputs under their own names: operations know them by opaque ones. */
export async function revealNames(
  thrown: unknown,
  inputs: readonly (AsyncIterable<NamedRows> | Iterable<NamedRows>)[],
): Promise<unknown> {
  if (!(thrown instanceof Error)) return thrown
  const told = isPipelineError(thrown) ? JSON.stringify(thrown) : ''
  const wanted = new Set(`${thrown.message} ${thrown.stack ?? ''} ${told}`.match(opaqueName))
  if (wanted.size === 0) return thrown
  const names = await namesOf(wanted, inputs)
  const reveal = (text: string): string => text.replace(opaqueName, (name) => names.get(name) ?? name)
  const revealed = copyOf(thrown, reveal)
  revealed.stack = reveal(thrown.stack ?? '')
  return revealed
}

function copyOf(thrown: Error, reveal: (text: string) => string): Error {
  if (!isPipelineError(thrown)) return new Error(reveal(thrown.message), { cause: thrown })
  const { code, place, node, port, option, cause } = thrown
  const maybe = (text: string | undefined): string | undefined => (text === undefined ? undefined : reveal(text))
  return new PipelineError(code, {
    ...{ place, node, port, option, cause },
    message: reveal(thrown.message),
    expected: maybe(thrown.expected),
    received: maybe(thrown.received),
    hint: maybe(thrown.hint),
  })
}

/** Reads the inputs again, which only an error that names rows costs. */
async function namesOf(
  wanted: ReadonlySet<string>,
  inputs: readonly (AsyncIterable<NamedRows> | Iterable<NamedRows>)[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  const learn = (opaque: string, name: string): void => {
    if (wanted.has(opaque)) names.set(opaque, name)
  }
  for (const batches of inputs) {
    for await (const { ids, sourceIds, groups } of batches) {
      ids.forEach((id, index) => {
        learn(opaqueId(id, sourceIds[index]!), id)
        learn(opaqueGroup(groups[index]!), groups[index]!)
      })
      if (names.size === wanted.size) return names
    }
  }
  return names
}
