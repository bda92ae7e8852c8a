/** A picture (or map) as plain data, channels last. */
export interface Raster<T extends Uint8Array | Float32Array = Uint8Array | Float32Array> {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly data: T
}
