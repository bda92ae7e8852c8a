import type { PixelImage } from '@etsef/plugin-api'
import type { ViewParameters } from './draw-view.js'

/** A view that a thread is to make. */
export interface ViewRequest {
  readonly id: number
  readonly image: PixelImage
  readonly side: number
  readonly view: ViewParameters
}

/** What came of it; nothing where the view could not be made. */
export interface ViewAnswer {
  readonly id: number
  readonly data: Float32Array | undefined
}
