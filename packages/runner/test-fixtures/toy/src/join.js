import { collectFeatures, joinRows } from '@etsef/plugin-api'
import { of } from 'rxjs'

export async function run({ inputs }) {
  const tables = await Promise.all(
    inputs.features.map(async ({ name, value }) => ({ name, table: await collectFeatures(value) })),
  )
  const [first] = tables
  const width = tables.reduce((total, { table }) => total + table.featureNames.length, 0)
  const features = new Float32Array(first.table.ids.length * width)
  let offset = 0
  for (const { name, table } of tables) {
    const at = joinRows(first.table, table, { left: first.name, right: name })
    const own = table.featureNames.length
    at.forEach((from, to) => features.set(table.features.subarray(from * own, (from + 1) * own), to * width + offset))
    offset += own
  }
  return {
    features: of({
      ...first.table,
      features,
      featureNames: tables.flatMap(({ name, table }) => table.featureNames.map((each) => `${name}.${each}`)),
    }),
  }
}
