import type { MapsProvider, PictureMap, PixelImage, PredictionBatch } from '@etsef/plugin-api'
import { problem } from '../errors.js'
import { importProvider } from '../registry/import-provider.js'
import type { Registry } from '../registry/load-registry.js'
import { networksOf } from './networks-of.js'
import { outputKey, type AppliedRows } from './open-fitted-graph.js'
import type { Predictor } from './open-predictor.js'
import type { Picture } from './picture-batch.js'
import type { PredictedRow } from './predicted-row.js'
import { membersOf } from './fitted-graph.js'

/** Shows where in pictures a predictor's answers come from. */
export interface Maps {
  /**
   * Maps for the class of the answer; where it abstained, for the class of the largest score. One picture at a time.
   *
   * @param turn - Awaited before anything is computed that others may be kept waiting by, which is then one answer at a time.
   */
  explain(this: void, picture: Picture, row: PredictedRow, turn?: () => Promise<void>): Promise<ExplainedPicture>
  close(this: void): Promise<void>
}

/** Maps of a picture. */
export interface ExplainedPicture {
  readonly className: string
  readonly maps: readonly PictureMap[]
}

/**
 * Opens maps for a predictor, by the package of the project that offers them (`"maps"` in its `etsef` field).
 *
 * @throws PipelineError `ERR_PLUGIN` where none does.
 */
export async function openMaps(registry: Registry, predictor: Predictor): Promise<Maps> {
  if (!registry.maps)
    throw problem('ERR_PLUGIN', {
      message: 'No package of the project makes maps of pictures',
      hint: 'add @etsef/plugin-xai to the dependencies of package.json, or npm install etsef',
    })
  const { graph, classNames, host } = predictor
  const provider = await importProvider<MapsProvider>(registry.maps, 'openMaps')
  const networks = networksOf(graph, host.operation)
  const { engine, threads, signal } = host
  const maker = await provider.openMaps({ networks, classNames, engine, threads, signal })
  const members = membersOf(graph, host.operation).map(outputKey)
  let last: Promise<unknown> = Promise.resolve()
  const explain = async (
    picture: Picture,
    row: PredictedRow,
    turn?: () => Promise<void>,
  ): Promise<ExplainedPicture> => {
    await turn?.()
    const image = await predictor.decode(picture)
    const target = targetOf(row, classNames)
    const changing = networks.filter(({ reads }) => reads.node !== graph.source.node)
    const rows = changing.length === 0 ? undefined : await predictor.applyChanged([image])
    const read = new Map<string, PixelImage>()
    for (const { name, reads } of changing) {
      const batch = rows!.get(outputKey(reads))
      if (batch?.kind === 'images' && 'load' in batch) read.set(name, await batch.load(0))
    }
    const askAll = async (images: readonly PixelImage[]): Promise<Float64Array> =>
      scoresOf(await predictor.applyChanged(images), target, [outputKey(graph.target), ...members])
    const askInTurn = async (images: readonly PixelImage[]): Promise<Float64Array> => {
      const scores = new Float64Array(images.length)
      for (const [at, image] of images.entries()) {
        await turn?.()
        scores.set(await askAll([image]), at)
      }
      return scores
    }
    const ask = turn ? askInTurn : askAll
    const maps = await maker.explain({ image, target, read, ask })
    return { className: classNames[target]!, maps }
  }
  return {
    explain(picture, row, turn) {
      const next = last.then(() => explain(picture, row, turn))
      last = next.catch(() => undefined)
      return next
    },
    async close() {
      await last
      await maker.close()
    },
  }
}

function targetOf({ className, scores }: PredictedRow, classNames: readonly string[]): number {
  if (className !== undefined) return classNames.indexOf(className)
  return classNames.reduce((best, name, at) => (scores[name]! > scores[classNames[best]!]! ? at : best), 0)
}

/** Scores of a class. Shares of votes move in steps too coarse for a map: there, the mean of the members' own scores. */
function scoresOf(rows: AppliedRows, target: number, [answer = '', ...members]: readonly string[]): Float64Array {
  const tableOf = (key: string): PredictionBatch | undefined => {
    const batch = rows.get(key)
    return batch?.kind === 'predictions' ? batch : undefined
  }
  const own = tableOf(answer)!
  const tables = own.scoreKind === 'voteShare' ? members.flatMap((key) => tableOf(key) ?? []) : []
  const asked = tables.length === 0 ? [own] : tables
  return Float64Array.from(own.ids, (_, row) => {
    const scores = asked.map(({ scores: each, classNames }) => each[row * classNames.length + target]!)
    return scores.reduce((sum, score) => sum + score, 0) / scores.length
  })
}
