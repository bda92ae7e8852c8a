import type { PixelImage } from './payload/images.js'

/** A network on the way to an answer. */
export interface MappedNetwork {
  /** Of its node. */
  readonly name: string
  /** Folder of its model. */
  readonly dir: string
}

/** What maps are made of. */
export interface MapsRequest {
  /** Those that read pictures. */
  readonly networks: readonly MappedNetwork[]
  /** Class list of the answer. */
  readonly classNames: readonly string[]
  /** Tensor engine that the stage would be granted; undefined where there is none. */
  readonly engine: string | undefined
  readonly threads: number
  readonly signal: AbortSignal
}

/** A picture whose answer is explained. */
export interface MapPicture {
  /** As it was decoded: maps are drawn over it. */
  readonly image: PixelImage
  /** Index of the class whose evidence is looked for. */
  readonly target: number
  /** The picture as each network reads it, by the network's name; where nothing changes it, as it was decoded. */
  readonly read: ReadonlyMap<string, PixelImage>
  /** Scores of the class that the whole pipeline gives changed pictures, in their order. */
  ask(this: void, images: readonly PixelImage[]): Promise<Float64Array>
}

/** Where in a picture evidence lies; or why there is no saying. */
export interface PictureMap {
  /** Of the network; undefined: of the whole answer. */
  readonly network: string | undefined
  readonly method: string
  /** What the map shows, and what it does not, in a sentence for people. */
  readonly meaning: string
  /** Why there is no map, in a sentence; the fields below are then left out. */
  readonly missing?: string
  /** Of the raw values. */
  readonly unit?: string
  /** Largest raw value: what full colour means. 0: no evidence, and no colour. */
  readonly max?: number
  /** The map in colour over the picture, PNG. */
  readonly overlay?: Uint8Array
  /** Picture, map over it, bar of the raw values and a caption, PNG. */
  readonly panel?: Uint8Array
}

/** Makes maps of pictures, one at a time; networks are opened once. */
export interface MapMaker {
  /** A map of the whole answer, then one of each network. */
  explain(this: void, picture: MapPicture): Promise<readonly PictureMap[]>
  close(this: void): Promise<void>
}

/** A package that shows where in a picture an answer comes from. Its module imports nothing heavy at top level. */
export interface MapsProvider {
  openMaps(request: MapsRequest): Promise<MapMaker>
}
