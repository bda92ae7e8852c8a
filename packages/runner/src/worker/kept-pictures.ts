import type { PixelImage } from '@etsef/plugin-api'

/** Bytes of decoded pictures that a stage keeps for further draws; what is more is decoded again. */
const mostKeptBytes = 5e8

/** Decoded pictures of which a stage wants view after view: decoding takes longer than a view does. */
export interface KeptPictures {
  /**
   * The picture under this name, or what `load` gives.
   *
   * @param owner - Whose names they are.
   */
  get(owner: object, name: string, load: () => Promise<PixelImage>): Promise<PixelImage>
}

/** No pictures yet. */
export function createKeptPictures(limit = mostKeptBytes): KeptPictures {
  const pictures = new WeakMap<object, Map<string, PixelImage>>()
  let bytes = 0
  return {
    async get(owner, name, load) {
      const own = pictures.get(owner) ?? new Map<string, PixelImage>()
      pictures.set(owner, own)
      const known = own.get(name)
      if (known) return known
      const picture = await load()
      if (own.has(name) || bytes + picture.data.byteLength > limit) return picture
      bytes += picture.data.byteLength
      own.set(name, picture)
      return picture
    },
  }
}
