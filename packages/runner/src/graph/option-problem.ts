import type { PipelineError } from '@etsef/plugin-api'
import type { OptionIssue } from '@etsef/plugin-api/semantics'
import { problem, suggest } from '../errors.js'
import { describeValue, findAt, type Located, type LocatedMap } from '../pipeline/located.js'
import type { NodeDeclaration } from '../pipeline/read-pipeline.js'

/** What is wrong with an option, at its place in the text. */
export function optionProblem(node: NodeDeclaration, options: LocatedMap, issue: OptionIssue): PipelineError {
  const path = issue.key === undefined ? issue.path : [...issue.path, issue.key]
  const option = path.join('/')
  const at = findAt(options, issue.path)
  const type = node.use?.type ?? ''
  if (issue.kind === 'missing') {
    const place = options.entries.size > 0 ? at.place : node.place
    return problem('ERR_MISSING_OPTION', {
      message: `Option "${option}" of node "${node.id}" (${type}) is missing`,
      place,
      node: node.id,
      option,
      expected: issue.expected,
      hint: `add ${issue.key ?? ''}: … to "with"`,
    })
  }
  if (issue.kind === 'unknown') {
    const key = issue.key ?? ''
    const place = at.value.kind === 'map' ? (at.value.entries.get(key)?.place ?? at.place) : at.place
    const hint = suggest(key, issue.candidates ?? [], 'options')
    return problem('ERR_UNKNOWN_KEY', {
      message: `Option "${option}" of node "${node.id}" is not known to ${type}`,
      place,
      node: node.id,
      option,
      expected: issue.expected,
      received: key,
      hint,
    })
  }
  const received = at.found ? describeValue(at.value) : undefined
  const hint = optionHint(issue, at.value, node.use?.type ?? '')
  const code = issue.kind === 'type' ? 'ERR_WRONG_TYPE' : 'ERR_BAD_OPTION'
  return problem(code, {
    message: `Option "${option}" of node "${node.id}" (${type}) ${issue.message}`,
    place: at.place,
    node: node.id,
    option,
    expected: issue.expected,
    received,
    hint,
  })
}

function optionHint(issue: OptionIssue, value: Located, type: string): string {
  const text = value.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined
  if (issue.candidates && issue.candidates.length > 0 && text !== undefined)
    return suggest(text, issue.candidates, 'values')
  const isQuoted = text !== undefined && text.trim() !== '' && /number|true or false/.test(issue.expected)
  if (isQuoted && (Number.isFinite(Number(text)) || text === 'true' || text === 'false'))
    return `write ${text} without quotes`
  return `etsef plugins info ${type} lists the options`
}
