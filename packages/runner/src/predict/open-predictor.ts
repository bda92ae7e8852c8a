import type { PixelImage, PredictionBatch } from '@etsef/plugin-api'
import { asError, problem } from '../errors.js'
import { membersOf, type FittedGraph } from './fitted-graph.js'
import { openFittedGraph, outputKey, type AppliedRows, type PredictionHost } from './open-fitted-graph.js'
import { onceEach } from './once-each.js'
import { predictionSetOf, type CalibratedSets } from './prediction-sets.js'
import { openDecoder, pictureBatch, type Decode, type Picture } from './picture-batch.js'
import { failedRow } from './read-pictures.js'
import { answerAt, marginOf, type FailedRow, type PredictedRow, type PredictionRow } from './predicted-row.js'

/** A fitted pipeline, ready to be asked about pictures. */
export interface Predictor {
  readonly graph: FittedGraph
  readonly classNames: readonly string[]
  /** Names of the members of the vote, in order; empty where there is none. */
  readonly memberNames: readonly string[]
  /** Decodes as the run decoded. */
  readonly decode: Decode
  /**
   * Answers for pictures, in their order; one that cannot be decoded is a row with a code. Bits do not depend on what else is asked at
   * the same time. Equal pictures are computed once, and remembered.
   */
  predict(this: void, pictures: readonly Picture[]): Promise<readonly PredictionRow[]>
  /** Rows of every node for pictures that can be decoded, for explanations. */
  apply(this: void, pictures: readonly Picture[]): Promise<AppliedRows>
  /** The same for pictures that were changed after they were decoded; nothing that was fitted takes one for a row that it knows. */
  applyChanged(this: void, images: readonly PixelImage[]): Promise<AppliedRows>
  /** What the graph was opened with. */
  readonly host: PredictionHost
  close(this: void): Promise<void>
}

/** How a predictor is opened. */
export interface PredictorOptions {
  /** Answers remembered; default 4096. */
  readonly remembered?: number
  /**
   * sha256 of pictures that something was fitted on. What was fitted may know such a row by its name, and answer as it did in the run: out
   * of fold, say. Answers for any other picture do not depend on what it is called.
   */
  readonly seen?: ReadonlySet<string>
  /** What prediction sets are made by; left out: answers have none. */
  readonly sets?: CalibratedSets | undefined
  /** Told of every picture as it was decoded. */
  readonly onDecoded?: (picture: Picture, image: PixelImage) => void
}

/** Opens a fitted sub-graph for pictures. Nothing is written, and nothing can be fitted. */
export async function openPredictor(
  graph: FittedGraph,
  host: PredictionHost,
  {
    remembered = 4096,
    seen = new Set(),
    sets = { missing: 'nothing was calibrated' },
    onDecoded,
  }: PredictorOptions = {},
): Promise<Predictor> {
  const decode = await openDecoder(graph, host)
  const opened = await openFittedGraph(graph, host)
  const members = membersOf(graph, host.operation)
  const memory = new Map<string, PredictedRow>()
  const nameOf = ({ id, sha256 }: Pick<Picture, 'id' | 'sha256'>): string =>
    seen.has(sha256) ? `${sha256} ${id}` : sha256
  const remember = (row: PredictedRow): void => {
    memory.set(nameOf(row), row)
    if (memory.size > remembered) memory.delete(memory.keys().next().value!)
  }
  const apply = (pictures: readonly Picture[]): Promise<AppliedRows> =>
    opened.apply(
      pictureBatch(
        pictures,
        graph.classNames,
        onceEach(async (index) => {
          const image = await decode(pictures[index]!)
          onDecoded?.(pictures[index]!, image)
          return image
        }),
      ),
    )
  const applyChanged = (images: readonly PixelImage[]): Promise<AppliedRows> => {
    const nameless = images.map((_, at) => ({ id: `changed ${String(at)}`, sha256: `changed ${String(at)}` }))
    return opened.apply(pictureBatch(nameless, graph.classNames, (index) => Promise.resolve(images[index]!)))
  }
  const compute = async (pictures: readonly Picture[]): Promise<void> => {
    if (pictures.length === 0) return
    const rows = await apply(pictures)
    const answers = predictionsOf(rows, outputKey(graph.target))
    const tables = members.map((member) => [member.name, predictionsOf(rows, outputKey(member))] as const)
    pictures.forEach(({ id, sha256 }, at) => {
      const answer = answerAt(answers, at)
      remember({
        id,
        sha256,
        ...answer,
        margin: marginOf(Object.values(answer.scores)),
        abstained: answer.className === undefined,
        ...('missing' in sets ? {} : { predictionSet: predictionSetOf(answer.scores, graph.classNames, sets) }),
        members: Object.fromEntries(tables.map(([name, table]) => [name, answerAt(table, at)])),
      })
    })
  }
  return {
    graph,
    classNames: graph.classNames,
    memberNames: members.map(({ name }) => name),
    decode,
    apply,
    applyChanged,
    host,
    async predict(pictures) {
      const unknown = new Map(pictures.filter((each) => !memory.has(nameOf(each))).map((each) => [nameOf(each), each]))
      const failed = await computeAll([...unknown], compute, decode)
      return pictures.map((picture): PredictionRow => {
        const error = failed.get(nameOf(picture))
        return error ? { id: picture.id, error } : { ...memory.get(nameOf(picture))!, id: picture.id }
      })
    },
    close: opened.close,
  }
}

/** Computes all that can be: where a batch fails, the pictures in it that cannot be decoded are found, and the others go again. */
async function computeAll(
  pictures: readonly (readonly [name: string, picture: Picture])[],
  compute: (pictures: readonly Picture[]) => Promise<void>,
  decode: Decode,
): Promise<ReadonlyMap<string, FailedRow['error']>> {
  const failed = new Map<string, FailedRow['error']>()
  try {
    await compute(pictures.map(([, picture]) => picture))
  } catch (thrown) {
    for (const [name, picture] of pictures) {
      const error = await decode(picture).then(() => undefined, asError)
      if (error) failed.set(name, failedRow(picture.id, error).error)
    }
    if (failed.size === 0) throw thrown
    await compute(pictures.filter(([name]) => !failed.has(name)).map(([, picture]) => picture))
  }
  return failed
}

function predictionsOf(rows: AppliedRows, key: string): PredictionBatch {
  const batch = rows.get(key)
  if (batch?.kind === 'predictions') return batch
  throw problem('ERR_PORT_KIND', {
    message: `"${key}" gives no predictions`,
    expected: 'predictions',
    received: batch?.kind,
    hint: 'ask for a node that does with --node',
  })
}
