import type { JsonObject, StarterRequest } from '@etsef/plugin-api'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Weights on this machine that a pipeline can start from. */
export interface FoundWeights {
  /** Options of `backbones/pretrained`, but for the side of its input. */
  readonly options: JsonObject
  /** What they are called. */
  readonly name: string
  /** What is known of their licence. */
  readonly licence: string
}

/** Networks that two cores fine-tune within minutes, quickest first. */
const quick = ['mobilenetV3Small', 'mobilenetV2', 'mobilenetV3Large', 'efficientnetB0', 'resnet18']

/** Folders of weights in or beside a project. */
const folders = ['weights', '../weights', '../shared/weights']

/**
 * The quickest weights that lie on this machine: in a folder `weights` of the project or beside it, in `$ETSEF_SHARED/weights`, or as `etsef weights pull` got
 * them. Undefined where there are none: nothing is downloaded unasked.
 */
export function findWeights({ from, weights }: Pick<StarterRequest, 'from' | 'weights'>): FoundWeights | undefined {
  const shared = process.env['ETSEF_SHARED']
  const places = [
    ...folders.map((folder) => join(from, folder)),
    ...(shared === undefined ? [] : [join(shared, 'weights')]),
  ]
  const near = places.flatMap((place) => weightsIn(place, from)).sort((a, b) => a.cost - b.cost)
  if (near[0]) return near[0]
  const pulled = weights.filter(({ options }) => rank(options) >= 0).sort((a, b) => rank(a.options) - rank(b.options))
  const [first] = pulled
  if (!first) return undefined
  return {
    options: { ...first.options, weights: first.path },
    name: first.name,
    licence: `as ${new URL(first.url).host} publishes it; look there before you publish yours`,
  }
}

/** Network that options of `backbones/pretrained` name. */
export function architectureOf({ architecture }: JsonObject): string {
  return typeof architecture === 'string' ? architecture : ''
}

function rank(options: JsonObject = {}): number {
  return quick.indexOf(architectureOf(options))
}

/** MobileNets in the layers format of TensorFlow.js, known by their folders' names. */
function weightsIn(place: string, from: string): (FoundWeights & { readonly cost: number })[] {
  if (!existsSync(place)) return []
  return readdirSync(place).flatMap((name) => {
    const match = /mobilenet-v([12])-(\d\.\d+)-\d+(-tfjs-partial)?$/.exec(name)
    const dir = join(place, name)
    if (!match || !existsSync(join(dir, 'model.json'))) return []
    const [, version, width, isPartial] = match
    return [
      {
        options: {
          architecture: `mobilenetV${version!}`,
          ...(Number(width) !== 1 && { width: Number(width) }),
          weights: relative(from, dir).replaceAll('\\', '/'),
          // The last block is not in such a folder.
          ...(isPartial !== undefined && { cut: 'conv_dw_13_relu' }),
        },
        name,
        licence: licenceIn(dir),
        cost: Number(width) * (version === '1' ? 2 : 1),
      },
    ]
  })
}

function licenceIn(dir: string): string {
  for (const file of ['PROVENANCE.md', 'README.md']) {
    if (!existsSync(join(dir, file))) continue
    const line = /^[-*\s]*licen[cs]e:\s*(.+)$/im.exec(readFileSync(join(dir, file), 'utf8'))?.[1]
    if (line !== undefined) return line.trim()
  }
  return existsSync(join(dir, 'LICENSE')) ? 'see the LICENSE beside them' : 'not named beside them'
}
