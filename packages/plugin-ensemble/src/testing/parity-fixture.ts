import { readFileSync } from 'node:fs'
import type { Labels } from '@etsef/plugin-api/models'
import { matrix, type Matrix } from '../numeric/linear-algebra/matrix.js'

/** A public table with what scikit-learn and xgboost make of it; written by `test-fixtures/make_parity.py`. */
export interface ParityFixture {
  readonly x: Matrix
  readonly y: Labels
  readonly testX: Matrix
  readonly testY: Int32Array
  /** Predicted class of every test row, by method. */
  readonly predicted: Readonly<Record<string, Int32Array>>
  readonly numbers: Readonly<Record<string, readonly (number | null)[]>>
}

/** Names of the fixtures. */
export const parityNames = ['wine', 'breast-cancer', 'digits'] as const

/** The file's fields. */
interface RawFixture {
  readonly numTrain: number
  readonly numFeatures: number
  readonly numClasses: number
  readonly x: string
  readonly y: string
  readonly predicted: Readonly<Record<string, string>>
}

/** Reads one fixture. */
export function parityFixture(name: (typeof parityNames)[number]): ParityFixture {
  const raw = readFixture(name) as RawFixture & ParityFixture['numbers']
  const { numTrain, numFeatures, numClasses, predicted } = raw
  const values = name === 'digits' ? Array.from(raw.x, (c) => parseInt(c, 36)) : decodeFloats(raw.x)
  const labels = classes(raw.y)
  const cut = numTrain * numFeatures
  return {
    x: matrix(numTrain, numFeatures, values.slice(0, cut)),
    y: { labels: labels.slice(0, numTrain), numClasses },
    testX: matrix(labels.length - numTrain, numFeatures, values.slice(cut)),
    testY: labels.slice(numTrain),
    predicted: Object.fromEntries(Object.entries(predicted).map(([key, text]) => [key, classes(text)])),
    numbers: raw,
  }
}

/** A mixture of three sources, a starting matrix, and what scikit-learn's FastICA makes of them. */
export interface IcaFixture {
  readonly x: readonly (readonly number[])[]
  readonly wInit: readonly (readonly number[])[]
  readonly components: readonly (readonly number[])[]
  readonly numIterations: number
}

/** Reads the FastICA fixture. */
export function icaFixture(): IcaFixture {
  return readFixture('fast-ica') as IcaFixture
}

/** Reads a JSON file of `test-fixtures`. */
export function readFixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../test-fixtures/${name}.json`, import.meta.url), 'utf8'))
}

function classes(text: string): Int32Array {
  return Int32Array.from(text, Number)
}

function decodeFloats(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64')
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}
