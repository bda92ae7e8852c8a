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
interface OptionsWithContent {
  /** Paths are digests: what a key is made of. */
  readonly keyed: JsonObject
  /** Paths are absolute: what a worker gets. */
  readonly absolute: JsonObject
}

/** Digests of the content that the options of nodes name, taken when a node is first asked for. */
export interface OptionContents {
  of(node: GraphNode): OptionsWithContent
  /** What was digested so far, by node and option. */
  readonly contents: Readonly<
    Record<string, { readonly path: string; readonly digest: string; readonly numFiles: number }>
  >
  /** The same, by node, with what tells whether a file has changed since. */
  readonly digested: ReadonlyMap<string, readonly DigestedOption[]>
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
  readonly memo?: Memo | undefined
}

/** Opens the digests of the content that options name. */
export function optionContents({
  root,
  storeDir,
  isParanoid,
  known,
  memo = noMemo,
}: OptionContentsSettings): OptionContents {
  const contents: Record<string, { path: string; digest: string; numFiles: number }> = {}
  const digested = new Map<string, readonly DigestedOption[]>()
  const problems: PipelineError[] = []
  const byNode = new Map<string, OptionsWithContent>()
  const digest = (node: GraphNode): OptionsWithContent => {
    let keyed: Json = node.options
    let absolute: Json = node.options
    const named = memo.of(['content', node], () =>
      contentOptions(node.installed.operation.options as Schema, node.options),
    )
    for (const { path, text } of named) {
      const full = isAbsolute(text) ? text : resolve(root, text)
      try {
        const files = node.installed.operation.contentFiles?.(full) ?? []
        const key = [full, ...files].join('\u0000')
        const found = known.get(key) ?? contentDigest(full, { storeDir, isParanoid, named: files })
        known.set(key, found)
        const option = path.join('.')
        contents[`${node.id}.${option}`] = { path: text, digest: found.digest, numFiles: found.numFiles }
        digested.set(node.id, [...(digested.get(node.id) ?? []), { option, text, content: found }])
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
    return { keyed: keyed as JsonObject, absolute: absolute as JsonObject }
  }
  return {
    contents,
    digested,
    problems,
    of(node) {
      const own = byNode.get(node.id) ?? digest(node)
      byNode.set(node.id, own)
      return own
    },
  }
}
