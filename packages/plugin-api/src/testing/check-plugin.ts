import { readFileSync, readdirSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Operation } from '../define-operation.js'
import { isRowKind } from '../define-operation.js'
import { apiVersion, type Plugin } from '../define-plugin.js'
import { canonicalJson } from '../json.js'
import type { Spec } from '../port.js'
import { checkedOptions, runOperation, type RunOperationOptions, type RunOperationResult } from './run-operation.js'

/** How the suite runs one operation. */
export interface ConformanceCase extends Pick<RunOperationOptions, 'options' | 'inputs' | 'engine'> {
  /** Relative tolerance between a batch of 1 and a batch of 16; default 1e-5. */
  readonly batchTolerance?: number
  /** A check that this operation cannot pass, with the reason. */
  readonly exempt?: Partial<Record<'sameBytes' | 'batchOfOne' | 'plannedSpecs', string>>
}

/** Cases by operation type; an operation without a case needs a reason in `untested`. */
export interface CheckPluginOptions {
  readonly cases: Readonly<Record<string, () => ConformanceCase | Promise<ConformanceCase>>>
  readonly untested?: Readonly<Record<string, string>>
}

/**
 * Registers the conformance suite: the same named checks for every operation of every plugin.
 *
 * Static: names, descriptions, options with defaults, unknown options refused, `fitOn` without test, code loads and has the
 * functions of its kind. With a case: declared outputs come out, row by row; inputs are left alone; the same seed gives the
 * same bytes; a batch of 1 equals a batch of 16; `plan` predicts what comes; an upstream error passes through.
 */
export function checkPlugin(plugin: Plugin, options: CheckPluginOptions): void {
  describe(`plugin ${plugin.name} conforms`, () => {
    test('is written against this contract', () => {
      expect(plugin.apiVersion).toBe(apiVersion)
      expect(plugin.operations.length).toBeGreaterThan(0)
    })
    test('has a case, or a reason, for every operation', () => {
      const known = new Set([...Object.keys(options.cases), ...Object.keys(options.untested ?? {})])
      expect(plugin.operations.map(({ type }) => type).filter((type) => !known.has(type))).toEqual([])
    })
    for (const operation of plugin.operations) {
      describe(operation.type, () => {
        checkDeclaration(operation)
        const makeCase = options.cases[operation.type]
        if (makeCase) checkBehaviour(operation, makeCase)
      })
    }
  })
}

function checkDeclaration(operation: Operation): void {
  test('describes itself, its options and its ports', () => {
    expect(operation.summary.length).toBeGreaterThan(10)
    const schema = operation.options as {
      type?: string
      additionalProperties?: unknown
      properties?: Record<string, { description?: string; default?: unknown }>
      required?: string[]
    }
    expect(schema.type).toBe('object')
    expect(schema.additionalProperties).toBe(false)
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      expect(name).toMatch(/^[a-z][a-zA-Z0-9]*$/)
      expect(property.description, `description of option ${name}`).toBeTruthy()
    }
    for (const [name, { description }] of Object.entries({ ...operation.inputs, ...operation.outputs })) {
      expect(name).toMatch(/^[a-z][a-zA-Z0-9]*$/)
      expect(description, `description of port ${name}`).toBeTruthy()
    }
    expect(Object.keys(operation.outputs).length).toBeGreaterThan(0)
  })
  test('refuses an unknown option', () => {
    expect(() => checkedOptions(operation, { noSuchOption: 1 })).toThrow()
  })
  test('loads code with the functions of its kind', async () => {
    const code = (await operation.load()) as Record<string, unknown>
    const needed = {
      source: ['run'],
      combine: ['run'],
      report: ['run'],
      map: ['open'],
      estimator: ['fit', 'save', 'load'],
    }[operation.kind]
    for (const name of needed) expect(typeof code[name], name).toBe('function')
    if (operation.kind === 'estimator') {
      expect(['train', 'val'], 'fitOn').toEqual(expect.arrayContaining([...(operation.fitOn ?? ['none'])]))
      expect(Object.keys(operation.inputs)).toContain(operation.rows)
      const hasRowOutput = Object.values(operation.outputs).some(({ kind }) => isRowKind(kind))
      if (hasRowOutput) expect(typeof code['open'], 'open').toBe('function')
    }
  })
}

function checkBehaviour(operation: Operation, makeCase: () => ConformanceCase | Promise<ConformanceCase>): void {
  test('gives its declared outputs, keeps its inputs, and the same bytes for the same seed', async () => {
    const given = await makeCase()
    const before = digestInputs(given)
    const first = await runOperation(operation, given)
    expect(Object.keys(first.outputs).sort()).toEqual(Object.keys(operation.outputs).sort())
    for (const [name, port] of Object.entries(operation.outputs)) expect(first.outputs[name]?.kind).toBe(port.kind)
    expect(digestInputs(given), 'inputs after the run').toBe(before)
    checkPlan(operation, given, first)
    if (!given.exempt?.sameBytes) {
      const second = await runOperation(operation, given)
      expect(digestResult(second)).toBe(digestResult(first))
      second.dispose()
    }
    first.dispose()
  })
  if (operation.kind === 'map' || operation.kind === 'estimator') {
    test('gives a batch of 1 what it gives a batch of 16', async () => {
      const given = await makeCase()
      if (given.exempt?.batchOfOne) return
      const [whole, single] = [
        await runOperation(operation, given),
        await runOperation(operation, { ...given, batchSize: 1 }),
      ]
      for (const [name, output] of Object.entries(whole.outputs)) {
        const [a, b] = [numbersOf(output), numbersOf(single.outputs[name])]
        expect(b.length).toBe(a.length)
        const scale = a.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-12)
        const worst = a.reduce((max, value, index) => Math.max(max, Math.abs(value - b[index]!)), 0)
        expect(worst / scale, `output ${name}`).toBeLessThanOrEqual(given.batchTolerance ?? 1e-5)
      }
      whole.dispose()
      single.dispose()
    })
  }
  const rowsPort = Object.entries(operation.inputs).find(
    ([name, { kind, cardinality }]) => isRowKind(kind) && cardinality === 'one' && (operation.rows ?? name) === name,
  )?.[0]
  if (rowsPort && operation.kind !== 'map') {
    test('passes an upstream error through', async () => {
      const { throwError } = await import('rxjs')
      const given = await makeCase()
      const failing = { ...given.inputs, [rowsPort]: throwError(() => new Error('upstream broke')) }
      await expect(
        runOperation(operation, { ...given, inputs: failing }).then((result) => result.outputs),
      ).rejects.toThrow('upstream broke')
    })
  }
}

function checkPlan(operation: Operation, given: ConformanceCase, result: RunOperationResult): void {
  if (!operation.plan || given.exempt?.plannedSpecs) return
  const issues: string[] = []
  const planned = operation.plan({
    options: checkedOptions(operation, given.options),
    inputs: Object.fromEntries(
      Object.entries(operation.inputs).map(([name, { cardinality }]) => {
        const value = given.inputs?.[name]
        if (cardinality === 'many')
          return [
            name,
            ((value ?? []) as readonly { name: string; value: object }[]).map((entry) => ({
              name: entry.name,
              value: specOf(entry.value),
            })),
          ]
        return [name, value === undefined ? undefined : specOf(value)]
      }),
    ) as never,
    issue: (at, message) => issues.push(`${at}: ${message}`),
  })
  expect(issues, 'issues of a case that runs').toEqual([])
  for (const [name, spec] of Object.entries(planned)) {
    const real = specOf(result.outputs[name])
    // A model or report is a directory of its plugin's own format: its facts are that plugin's to test.
    if (!isRowKind(real.kind)) continue
    for (const fact of ['numFeatures', 'classNames'] as const) {
      if (spec?.[fact] !== undefined) expect(real[fact], `${fact} of output ${name}, as planned`).toEqual(spec[fact])
    }
    if (spec?.numSamples !== undefined)
      expect(real.numSamples, `numSamples of output ${name}, as planned`).toBe(spec.numSamples)
  }
}

function specOf(value: unknown): Spec {
  const batch = value as {
    kind: Spec['kind']
    classNames?: string[]
    ids?: string[]
    featureNames?: string[]
    partitions?: Spec['partitions']
  }
  return {
    kind: batch.kind,
    classNames: batch.classNames,
    numSamples: batch.ids?.length,
    numFeatures: batch.featureNames?.length,
    partitions: batch.partitions ? [...new Set(batch.partitions)] : undefined,
  }
}

function numbersOf(output: unknown): number[] {
  const batch = output as { kind: string; features?: Float32Array; scores?: Float64Array; values?: Float32Array }
  return [...(batch.features ?? batch.scores ?? batch.values ?? [])]
}

function digestInputs({ inputs }: ConformanceCase): string {
  return digest(JSON.stringify(inputs ?? {}, encode))
}

function digestResult(result: RunOperationResult): string {
  const parts = Object.entries(result.outputs).map(([name, value]) =>
    'dir' in value
      ? `${name}:${digestDir(value.dir)}`
      : `${name}:${JSON.stringify(value, (key, entry: unknown) => (['labels', 'groups', 'partitions', 'sourceIds'].includes(key) ? undefined : encode(key, entry)))}`,
  )
  return digest(canonicalJson([...parts, result.stateDir ? digestDir(result.stateDir) : '']))
}

function encode(_key: string, entry: unknown): unknown {
  return ArrayBuffer.isView(entry)
    ? digest(Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength))
    : typeof entry === 'function'
      ? undefined
      : entry
}

function digestDir(dir: string): string {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${path.slice(dir.length)}=${digest(readFileSync(path))}`)
    .join('\n')
}

function digest(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
