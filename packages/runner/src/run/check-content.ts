import type { PipelineError } from '@etsef/plugin-api'
import { contentOptions, type Schema } from '@etsef/plugin-api/semantics'
import { statSync } from 'node:fs'
import { problem } from '../errors.js'
import { noMemo, type Memo } from '../memo.js'
import type { GraphNode } from '../graph/graph.js'

/** Every file or folder that an option names must be there, and be one. */
export function checkContent(
  nodes: ReadonlyMap<string, GraphNode>,
  resolvePath: (path: string) => string,
  problems: PipelineError[],
  memo: Memo = noMemo,
): void {
  for (const node of nodes.values()) {
    const named = memo.of(['content', node], () =>
      contentOptions(node.installed.operation.options as Schema, node.options),
    )
    for (const { path, text } of named) {
      const option = path.join('/')
      const full = resolvePath(text)
      const found = memo.of(['kind of path', full], () => kindOfPath(full))
      if (found === 'content') continue
      if (found === 'other') {
        problems.push(
          problem('ERR_BAD_DATA', {
            message: `Node "${node.id}", option "${option}": "${text.slice(0, 200)}" is a pipe, a device or a socket`,
            place: node.placeOfOption(path),
            node: node.id,
            option,
            expected: 'a file or a folder',
            hint: 'copy what it gives into a file',
          }),
        )
        continue
      }
      problems.push(
        problem('ERR_MISSING_FILE', {
          message: `Node "${node.id}", option "${option}": there is nothing at "${text.slice(0, 200)}"`,
          place: node.placeOfOption(path),
          node: node.id,
          option,
          expected: 'a file or folder',
          received: text.slice(0, 200),
          hint: 'paths are relative to the folder of package.json',
        }),
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
