import Papa from 'papaparse'
import type { Figure } from './figures-of-run.js'

const columns = ['run', 'node', 'stage', 'name', 'step', 'value', 'time'] as const

/** Figures as CSV, a row each; the time in ISO 8601. */
export function figuresCsv(figures: readonly Figure[]): string {
  return Papa.unparse(
    { fields: [...columns], data: figures.map((figure) => columns.map((name) => cellOf(figure, name))) },
    { newline: '\n' },
  )
}

/** The same as Parquet: steps as int64, the time as a timestamp. */
export async function figuresParquet(figures: readonly Figure[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer')
  const data = <K extends keyof Figure>(name: K): Figure[K][] => figures.map((figure) => figure[name])
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        ...(['run', 'node', 'stage', 'name'] as const).map((name) => ({
          name,
          type: 'STRING' as const,
          nullable: false,
          data: data(name),
        })),
        {
          name: 'step',
          type: 'INT64',
          nullable: true,
          data: data('step').map((step) => (step === null ? null : BigInt(step))),
        },
        { name: 'value', type: 'DOUBLE', nullable: false, data: data('value') },
        { name: 'time', type: 'TIMESTAMP', nullable: false, data: data('time').map((time) => new Date(time)) },
      ],
    }),
  )
}

function cellOf(figure: Figure, name: (typeof columns)[number]): string | number | null {
  return name === 'time' ? new Date(figure.time).toISOString() : figure[name]
}
