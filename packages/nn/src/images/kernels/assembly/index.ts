// The two passes of a resize compiled to WebAssembly by AssemblyScript (scripts/build-kernels.mjs): two float64 lanes at a time, sums in the
// order of resize-plain.ts and without fused multiply-add, so the same bytes. All arguments but counts and pitches are addresses; they are
// checked by resize-by-kernel.ts.
export { narrow1, narrow3 } from './narrow'
export { shorten } from './shorten'
