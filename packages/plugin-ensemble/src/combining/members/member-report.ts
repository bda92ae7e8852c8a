import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson, type SeedlessContext, type ReportTable, type ReportValue } from '@etsef/plugin-api'

/** A report of flat figures and a table; figures that are not finite are undefined and become `null`. */
export async function memberReport(
  ctx: SeedlessContext,
  figures: Readonly<Record<string, number>>,
  table: ReportTable,
): Promise<ReportValue> {
  const dir = ctx.outputDir('report')
  const metrics = Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
  )
  await writeFile(join(dir, 'metrics.json'), canonicalJson(metrics))
  await writeFile(join(dir, 'table.json'), canonicalJson(table))
  return { kind: 'report', dir, metrics, table }
}

/** A figure for a table: three decimals, or a dash where it is undefined. */
export function figure(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : '–'
}
