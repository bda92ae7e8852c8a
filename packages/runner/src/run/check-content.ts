import type { PipelineError } from '@etsef/plugin-api'
import { contentOptions, type Schema } from '@etsef/plugin-api/semantics'
import { statSync } from 'node:fs'
import { noMemo, type Memo } from '../memo.js'
import type { GraphNode } from '../graph/graph.js'
import { contentIsNoFile, missingContent } from './run-problems.js'
import { whatStandsThere } from './what-stands-there.js'

/** Every file or folder that an option names must be there, and be one. */
export function checkContent(
  nodes: ReadonlyMap<string, GraphNode>,
  resolvePath: (path: string) => string,
  problems: PipelineError[],
  memo: Memo = noMemo,
): void {
  for (const node of nodes.values()) {
    const named = memo.of(['content', node.id, node], () =>
      contentOptions(node.installed.operation.options as Schema, node.options),
    )
    for (const { path, text } of named) {
      const full = resolvePath(text)
      const found = memo.of(['kind of path', full], () => kindOfPath(full))
      if (found === 'content') continue
      const what = { node: node.id, option: path.join('/'), text, place: node.placeOfOption(path) }
      problems.push(
        found === 'other' ? contentIsNoFile(what) : missingContent(what, whatStandsThere(text, resolvePath)),
      )
    }
  }
}

function kindOfPath(path: string): 'content' | 'other' | 'nothing' {
  try {
    const stats = statSync(path)
    return stats.isFile() || stats.isDirectory() ? 'content' : 'other'
  } catch {
    return 'nothing'
  }
}
