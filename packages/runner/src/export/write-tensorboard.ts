import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { eventFile } from './event-file.js'
import type { Figure } from './figures-of-run.js'
import { portableName } from './portable-name.js'

/**
 * Writes figures as event files for TensorBoard: a folder for each run, in it one for each node, so that curves of one name lie over each other.
 * A figure that was given once stands at step 0.
 */
export function writeTensorboard(dir: string, figures: readonly Figure[]): void {
  for (const folder of new Set(figures.map(folderOf))) {
    const own = figures.filter((figure) => folderOf(figure) === folder)
    const path = join(dir, folder)
    ensureFolder(path)
    // The name is the same each time: TensorBoard would show the points of two exports twice.
    writeFileSync(
      join(path, 'events.out.tfevents.0.etsef'),
      eventFile(
        own.map(({ name, step, value, time }) => ({ tag: name, step: step ?? 0, value, wallTime: time / 1000 })),
      ),
    )
  }
}

/** What is fitted goes by the name of its node, as its curves are what is looked for. */
function folderOf({ run, stage }: Figure): string {
  return join(portableName(run), portableName(stage.replace(/:fit$/, '').replaceAll(':', '.')))
}
