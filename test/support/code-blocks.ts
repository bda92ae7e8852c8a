import MarkdownIt from 'markdown-it'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { read, root } from './etsef.js'

/** A block of code of a document. */
export interface CodeBlock {
  /** Path of the document from the root of the repository. */
  readonly document: string
  /** Of its first line of code, from 1. */
  readonly line: number
  /** `''` for an indented block. */
  readonly language: string
  /** What stands after the language: `file=plugin.ts`, `no-run="needs a cluster"`; a word alone is true. */
  readonly marks: Readonly<Record<string, string | true>>
  readonly text: string
}

/** Guides, and the READMEs of packages. */
export const documents: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !/^(adr|results)\//.test(file))
    .map((file) => `docs/${file}`),
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`),
].sort()

/** Blocks of code of a document, in its order. */
export function codeBlocks(document: string, text: string = read(root, document)): readonly CodeBlock[] {
  return new MarkdownIt().parse(text, {}).flatMap((token): readonly CodeBlock[] => {
    if (token.type !== 'fence' && token.type !== 'code_block') return []
    const [, language = '', rest = ''] = /^(\S*)\s*(.*)$/.exec(token.info) ?? []
    const line = (token.map?.[0] ?? 0) + (token.type === 'fence' ? 2 : 1)
    return [{ document, line, language, marks: marksOf(rest), text: token.content }]
  })
}

function marksOf(text: string): Readonly<Record<string, string | true>> {
  return Object.fromEntries(
    [...text.matchAll(/([\w-]+)(?:=(?:"([^"]*)"|(\S+)))?/g)].map(([, name, quoted, plain]) => [
      name!,
      quoted ?? plain ?? true,
    ]),
  )
}

/** What a line of a shell calls: its words, without comments, redirections and prompts. */
export function shellCommands(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .flatMap((line) => line.replace(/(^|\s)#\s.*$/, '').split('&&'))
    .map((command) =>
      [...command.replace(/\s>\s*\S+/, '').matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", '')),
    )
    .filter((words) => words.length > 0)
}
