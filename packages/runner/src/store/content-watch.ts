import type { PipelineError } from '@etsef/plugin-api'
import { readFileSync, writeFileSync } from 'node:fs'
import { changedFile, type ContentDigest } from './content-digest.js'
import { changedFileOf } from './content-problems.js'

/** Content that an option of a node names, as it was when its digest went into the key. */
export interface WatchedContent {
  readonly option: string
  /** As the option has it. */
  readonly text: string
  readonly content: Pick<ContentDigest, 'path' | 'named' | 'asked'>
}

/** Content that is not as it was: what was made of it is not what the key says. */
export function changedContent(node: string, { option, text, content }: WatchedContent): PipelineError | undefined {
  const file = changedFile(content)
  if (file === undefined) return undefined
  return changedFileOf(node, option, file === '' ? text : file)
}

/** Writes down what was seen of content, for a process of another machine that has to look again. */
export function keepContent(file: string, { option, text, content }: WatchedContent): void {
  const { path, named, asked } = content
  writeFileSync(file, JSON.stringify({ option, text, content: { path, named, asked: [...asked] } }))
}

const kept = new Map<string, WatchedContent>()

/** Looks again at content that {@link keepContent} wrote down. */
export function changedContentIn(file: string, node: string): PipelineError | undefined {
  const known = kept.get(file) ?? readContent(file)
  kept.set(file, known)
  return changedContent(node, known)
}

function readContent(file: string): WatchedContent {
  // Written by this version of the runner.
  const { content, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as Omit<WatchedContent, 'content'> & {
    readonly content: { readonly path: string; readonly named: readonly string[]; readonly asked: [string, string][] }
  }
  return { ...rest, content: { ...content, asked: new Map(content.asked) } }
}
