import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { drawChart } from './draw-chart.js'
import type { Figure } from './prediction-figures.js'

/** Writes a chart into a folder as `<name>.vl.json`, `<name>.svg` and `<name>.png`. */
export async function writeFigure(dir: string, { name, chart }: Figure): Promise<void> {
  const { vegaLite, svg, png } = await drawChart(chart)
  await writeFile(join(dir, `${name}.vl.json`), vegaLite)
  await writeFile(join(dir, `${name}.svg`), svg)
  await writeFile(join(dir, `${name}.png`), png)
}
