import type { PixelImage } from '@etsef/plugin-api'

/** Bytes of decoded pictures that are kept while a batch is applied. */
const mostKept = 2 ** 28

/**
 * A loader that decodes each picture once, however many networks ask for it; pictures beyond `mostBytes` are decoded again for each.
 *
 * @param load - Decodes the picture of an index.
 */
export function onceEach(
  load: (index: number) => Promise<PixelImage>,
  mostBytes = mostKept,
): (index: number) => Promise<PixelImage> {
  const kept = new Map<number, Promise<PixelImage>>()
  let numBytes = 0
  return (index) => {
    const known = kept.get(index)
    if (known) return known
    const loading = load(index)
    kept.set(index, loading)
    loading.then(
      ({ data }) => {
        numBytes += data.byteLength
        if (numBytes <= mostBytes) return
        numBytes -= data.byteLength
        kept.delete(index)
      },
      () => undefined,
    )
    return loading
  }
}
