import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from '@etsef/plugin-api'
import { expect, test } from 'vitest'

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
}

/** Words with the operations that have them. */
type Words = Map<string, Set<string>>

/** Every name of an option, and every word that an option takes. */
function collect(operation: string, schema: Schema, found: { readonly names: Words; readonly values: Words }): void {
  const add = (words: Words, word: string): void => {
    words.set(word, (words.get(word) ?? new Set<string>()).add(operation))
  }
  for (const [name, option] of Object.entries(schema.properties ?? {})) {
    add(found.names, name)
    collect(operation, option, found)
  }
  for (const word of schema.enum ?? []) if (typeof word === 'string') add(found.values, word)
  for (const part of [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])]) {
    collect(operation, part, found)
  }
}

/** The American forms, which scikit-learn, Keras and torchvision use. */
const american: readonly (readonly [british: RegExp, american: string])[] = [
  [/colour/g, 'color'],
  [/neighbour/g, 'neighbor'],
  [/centre/g, 'center'],
  [/grey/g, 'gray'],
  [/(normal|standard|optim|initial|regular|penal|random)is/g, '$1iz'],
]

/** What two spellings of one idea have in common: no case, no hyphens, singular. */
function idea(word: string): string {
  const letters = american.reduce((text, [from, to]) => text.replaceAll(from, to), word.toLowerCase())
  return letters.replaceAll(/[-_ ]/g, '').replace(/(?<=[a-z]{3})s$/, '')
}

/** Spellings that stand beside another of the same idea, and British ones. */
function clashes(all: Words): string[] {
  const spellings = new Map<string, string[]>()
  for (const word of all.keys()) spellings.set(idea(word), [...(spellings.get(idea(word)) ?? []), word])
  return [...spellings.values()]
    .filter((same) => same.length > 1 || american.some(([british]) => same[0]?.toLowerCase().search(british) !== -1))
    .map((same) => same.map((word) => `${word} (${[...(all.get(word) ?? [])].join(', ')})`).join(' and '))
}

/** A word whose plural is another idea: which fold of how many folds; scikit-learn's RFE has a `step`, its Pipeline has `steps`. */
const twoIdeas = /^folds? \([^)]*\) and folds? \([^)]*\)$|^steps? \([^)]*\) and steps? \([^)]*\)$/

/** What clinics call the scans, in the spelling it was asked for in; no option is called so. */
const properName = /^greyscale-mri \(augment\/random\)$/

test('options, and the words that they take, have one spelling in all operations', async () => {
  const found = { names: new Map<string, Set<string>>(), values: new Map<string, Set<string>>() }
  for (const name of readdirSync(join(import.meta.dirname, '../../packages'))) {
    if (!name.startsWith('plugin-') || name === 'plugin-api') continue
    // The default export of such a package is its plugin.
    const { default: plugin } = (await import(`@etsef/${name}`)) as { default: Plugin }
    for (const operation of plugin.operations) collect(operation.type, operation.options, found)
  }
  expect(found.names.size).toBeGreaterThan(100)
  expect(found.values.size).toBeGreaterThan(50)
  expect(clashes(found.names).filter((clash) => !twoIdeas.test(clash))).toEqual([])
  expect(clashes(found.values).filter((clash) => !properName.test(clash))).toEqual([])
})

test.each([
  ['classWeight', 'classWeights'],
  ['c', 'C'],
  ['maxIter', 'max-iter'],
  ['greyscale'],
  ['normalise', 'normalize'],
])('refuses %s', (...spellings) => {
  expect(clashes(new Map(spellings.map((word) => [word, new Set(['x/y'])])))).toHaveLength(1)
})
