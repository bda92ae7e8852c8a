// The pixel library: each operation once, half-pixel centres, one border rule, ITU-601 and HSV. Free of tensor engines.
export { augmentView, drawCrop, type ViewOptions, viewPresets } from './augment-view.js'
export type { Border } from './border.js'
export { scaleColour, shiftHue } from './color.js'
export { gaussianBlur, gaussianKernel } from './gaussian-blur.js'
export type { Raster } from './raster.js'
export { resize, type ResizeOptions } from './resize.js'
export { type Box, toSquareRgb } from './to-square-rgb.js'
export { type Warp, warpImage } from './warp.js'
