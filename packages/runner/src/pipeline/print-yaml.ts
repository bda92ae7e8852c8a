import type { Place } from '@etsef/plugin-api'
import type { Located, LocatedMap } from './located.js'

/** How to print. */
export interface PrintOptions {
  /** Every value is followed by a comment that says where it was written. */
  readonly isAnnotated: boolean
}

/** A document as YAML text, block style; parsing it gives the same values. */
export function printYaml(root: LocatedMap, options: PrintOptions): string {
  return root.entries.size === 0 ? '{}' : printMap(root, '', options).join('\n')
}

function printMap(map: LocatedMap, indent: string, options: PrintOptions): string[] {
  return [...map.entries].flatMap(([key, { value }]) =>
    printEntry(`${indent}${scalarText(key)}:`, value, `${indent}  `, options),
  )
}

function printEntry(head: string, value: Located, indent: string, options: PrintOptions): string[] {
  if (value.kind === 'scalar') return [`${head} ${scalarText(value.value)}${comment(value, options)}`]
  if (value.kind === 'map')
    return value.entries.size === 0
      ? [`${head} {}${comment(value, options)}`]
      : [head, ...printMap(value, indent, options)]
  if (value.items.length === 0) return [`${head} []${comment(value, options)}`]
  return [head, ...value.items.flatMap((item) => printItem(item, indent, options))]
}

function printItem(item: Located, indent: string, options: PrintOptions): string[] {
  if (item.kind === 'scalar') return [`${indent}- ${scalarText(item.value)}${comment(item, options)}`]
  const inner =
    item.kind === 'map'
      ? printMap(item, `${indent}  `, options)
      : item.items.flatMap((each) => printItem(each, `${indent}  `, options))
  if (inner.length === 0) return [`${indent}- ${item.kind === 'map' ? '{}' : '[]'}${comment(item, options)}`]
  return inner.map((line, at) => (at === 0 ? `${indent}- ${line.slice(indent.length + 2)}` : line))
}

function comment(value: Located, { isAnnotated }: PrintOptions): string {
  if (!isAnnotated) return ''
  const origin = value.kind === 'scalar' && value.origin ? `, from ${showPlace(value.origin)}` : ''
  return `  # ${showPlace(value.place)}${origin}`
}

function showPlace({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`
}

/** Plain where YAML's core schema reads the same text back, quoted elsewhere. */
function scalarText(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value)
  const isPlain =
    /^(?:[A-Za-z_/]|\.{1,2}\/)[\w./-]*( [\w./-]+)*$/.test(value) &&
    !/^(true|false|null|yes|no|on|off|~|\.inf|\.nan|\.)$/i.test(value)
  return isPlain ? value : JSON.stringify(value)
}
