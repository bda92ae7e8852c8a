import { PipelineError, type Json, type JsonObject } from '@etsef/plugin-api'
import { contentOptions, replaceAt, type Schema } from '@etsef/plugin-api/semantics'
import { isAbsolute, resolve } from 'node:path'
import { problem } from '../errors.js'
import type { GraphNode } from '../graph/graph.js'
import { noMemo, type Memo } from '../memo.js'
import { contentDigest, type ContentDigest } from '../store/content-digest.js'

/** Content that an option names. */
export interface DigestedOption {
  readonly option: string
  /** As the option has it. */
  readonly text: string
  readonly content: ContentDigest
}

/** Options of a node with what stands for the content that they name. */
export interface OptionsWithContent {
  /** Paths are digests: what a key is made of. */
  readonly keyed: JsonObject
  /** Paths are absolute: what a worker gets. */
  readonly absolute: JsonObject
  /** What tells whether a file has changed since. */
  readonly digested: readonly DigestedOption[]
  /** Content that could not be digested. */
  readonly problems: readonly PipelineError[]
}

/** Where content is looked for, and how closely. */
export interface OptionContentsSettings {
  readonly root: string
  readonly storeDir: string
  readonly isParanoid: boolean
  /** Digests known already, by path; added to. */
  readonly known: Map<string, ContentDigest>
  /** What other variants of the same pipeline were made of. */
  readonly memo?: Memo
}

/** Digests the content that the options of a node name. */
export function digestOptions(node: GraphNode, settings: OptionContentsSettings): OptionsWithContent {
  const { root, storeDir, isParanoid, known, memo = noMemo } = settings
  let keyed: Json = node.options
  let absolute: Json = node.options
  const digested: DigestedOption[] = []
  const problems: PipelineError[] = []
  const { operation } = node.installed
  const named = memo.of(['content', node.id, node], () => contentOptions(operation.options as Schema, node.options))
  for (const { path, text } of named) {
    const full = isAbsolute(text) ? text : resolve(root, text)
    try {
      const files = operation.contentFiles?.(full) ?? []
      const key = [full, ...files].join('\u0000')
      const found = known.get(key) ?? contentDigest(full, { storeDir, isParanoid, named: files })
      known.set(key, found)
      digested.push({ option: path.join('.'), text, content: found })
      keyed = replaceAt(keyed, path, `sha256:${found.digest}`)
      absolute = replaceAt(absolute, path, full)
    } catch (thrown) {
      if (!(thrown instanceof PipelineError)) throw thrown
      const { code, message, expected, hint } = thrown
      problems.push(
        problem(code, {
          message: `Node "${node.id}": ${message}`,
          node: node.id,
          place: node.placeOfOption(path),
          expected,
          hint,
        }),
      )
    }
  }
  return { keyed: keyed as JsonObject, absolute: absolute as JsonObject, digested, problems }
}

/** Content that the options of nodes name, by node and option: for the record of a run. */
export type OptionContents = Readonly<
  Record<string, { readonly path: string; readonly digest: string; readonly numFiles: number }>
>

/** What was digested, by node, by node and option. */
export function contentsOf(digested: ReadonlyMap<string, readonly DigestedOption[]>): OptionContents {
  return Object.fromEntries(
    [...digested].flatMap(([node, options]) =>
      options.map(({ option, text, content: { digest, numFiles } }) => [
        `${node}.${option}`,
        { path: text, digest, numFiles },
      ]),
    ),
  )
}
