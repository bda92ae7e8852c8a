/** The few words of ESLint's syntax tree that the rule reads. */
export interface SyntaxNode {
  readonly type: string
  readonly name?: string
  readonly value?: unknown
  readonly source?: SyntaxNode
  readonly specifiers?: readonly { readonly imported?: SyntaxNode; readonly local: SyntaxNode }[]
  readonly callee?: SyntaxNode
  readonly arguments?: readonly SyntaxNode[]
  readonly properties?: readonly { readonly key?: SyntaxNode; readonly value?: SyntaxNode }[]
}

/** What a rule tells ESLint. */
export interface RuleContext {
  report(problem: { readonly node: SyntaxNode; readonly messageId: keyof typeof messages }): void
}

const messages = {
  mergeMap: 'How many inner streams run at once is not bounded: give a number, or use mapRows(fn, { concurrency }).',
  buffer: 'What is buffered between two signals is not bounded: use batchRows(n) or bufferCount(n).',
  shareReplay: 'What is replayed is not bounded: give a bufferSize.',
}

/** Operators and the argument that bounds each; none does for `buffer`. */
const operators: Readonly<Record<string, { readonly messageId: keyof typeof messages; readonly boundAt?: number }>> = {
  mergeMap: { messageId: 'mergeMap', boundAt: 1 },
  flatMap: { messageId: 'mergeMap', boundAt: 1 },
  mergeMapTo: { messageId: 'mergeMap', boundAt: 1 },
  mergeAll: { messageId: 'mergeMap', boundAt: 0 },
  buffer: { messageId: 'buffer' },
  bufferToggle: { messageId: 'buffer' },
  bufferWhen: { messageId: 'buffer' },
  shareReplay: { messageId: 'shareReplay', boundAt: 0 },
}

/** Refuses RxJS operators that hold as many batches as come: `mergeMap` without a number, `buffer`, `shareReplay` without a size. */
export const boundedStreams = {
  meta: {
    type: 'problem' as const,
    docs: { description: 'Streams of batches hold a bounded number of them' },
    schema: [],
    messages,
  },
  create(context: RuleContext): Readonly<Record<string, (node: SyntaxNode) => void>> {
    const imported = new Map<string, string>()
    return {
      ImportDeclaration({ source, specifiers = [] }) {
        if (source?.value !== 'rxjs' && source?.value !== 'rxjs/operators') return
        for (const { imported: original, local } of specifiers)
          if (original?.name !== undefined && local.name !== undefined) imported.set(local.name, original.name)
      },
      CallExpression(node) {
        const operator = operators[imported.get(node.callee?.name ?? '') ?? '']
        if (!operator) return
        const bound = operator.boundAt === undefined ? undefined : node.arguments?.[operator.boundAt]
        if (!isBound(bound)) context.report({ node, messageId: operator.messageId })
      },
    }
  },
}

function isBound(argument: SyntaxNode | undefined): boolean {
  if (!argument || argument.name === 'Infinity' || argument.name === 'undefined') return false
  if (argument.type !== 'ObjectExpression') return true
  const size = argument.properties?.find(({ key }) => key?.name === 'bufferSize')?.value
  return isBound(size)
}
