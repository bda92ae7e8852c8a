// What is slow on pixels, compiled to WebAssembly by AssemblyScript (scripts/build-kernels.mjs): two float64 lanes at a time, sums in the order
// of the plain twins (resize-plain.ts, gaussian-blur-plain.ts, changeColourPlain) and without fused multiply-add, so the same bits. All arguments but counts and
// pitches are addresses; they are checked by resize-by-kernel.ts and blur-by-kernel.ts and color.ts.
export { blur } from './blur'
export { blend, blendWithGrey, meanGrey } from './color'
export { turnHue } from './hue'
export { narrow1, narrow3 } from './narrow'
export { shorten } from './shorten'
