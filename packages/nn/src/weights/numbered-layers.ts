import type { PeerNames } from '../architectures/graph-builder.js'

/** Kinds of layers that Keras numbers where no name is given. */
const KINDS = ['conv2d', 'batch_normalization']

/**
 * Which of a network's unnamed layers each numbered layer of a file is.
 *
 * Keras numbers unnamed layers of a kind through a whole session: the first convolution of a network is `conv2d` in a fresh one, and `conv2d_203`
 * after another network was built. Its own loading goes by order within a kind, and so does this: a network's layers are a run of the
 * file's, in order of the numbers. A file with more of them, such as a model with convolutions of its own around the network, has several such
 * runs; the first whose layers all fit is taken.
 *
 * @param fileLayers - Every layer of the file.
 * @param kerasNames - The network's layer names by node name.
 * @param fits - Whether the weights of a layer of the file have the shapes of a layer of the network.
 * @returns Network layer by layer of the file, undefined for numbered layers of the file that are none of the network's. Layers that are not
 *   numbered, or of a kind that the network has no unnamed layers of, are not in it.
 */
export function matchNumberedLayers(
  fileLayers: Iterable<string>,
  kerasNames: PeerNames,
  fits: (fileLayer: string, networkLayer: string) => boolean,
): ReadonlyMap<string, string | undefined> {
  const matches = new Map<string, string | undefined>()
  const layers = [...new Set(fileLayers)]
  for (const kind of KINDS) {
    const wanted = inOrder(kind, [...kerasNames.values()])
    if (wanted.length === 0) continue
    const given = inOrder(kind, layers)
    const starts = Array.from({ length: Math.max(1, given.length - wanted.length + 1) }, (_, start) => start)
    // Without a run that fits, the first: fitting then says which weight does not.
    const start =
      starts.find((from) => wanted.every((layer, i) => from + i >= given.length || fits(given[from + i]!, layer))) ?? 0
    given.forEach((layer, i) => matches.set(layer, wanted[i - start]))
  }
  return matches
}

/** Layers of a kind in order of their numbers; the one without is the first. */
function inOrder(kind: string, layers: readonly string[]): readonly string[] {
  const numbers = new Map<string, number>()
  for (const layer of layers) {
    const number = /^(?:_(\d+))?$/.exec(layer.startsWith(kind) ? layer.slice(kind.length) : '?')
    if (number !== null) numbers.set(layer, Number(number[1] ?? 0))
  }
  return [...numbers].sort((a, b) => a[1] - b[1]).map(([layer]) => layer)
}
