// Numeric loops compiled to WebAssembly by AssemblyScript (scripts/build-kernels.mjs), for the few places that dominate. Only addresses and
// counts go in: arguments are checked by the TypeScript that calls. Every one has a twin in plain TypeScript that gives the same.
export { addWeighted, moveSlopes, secondWeight } from './dual-steps'
export { bestCut16, bestCut32, divide16, divide32, keep16, keep32 } from './exact-trees'
export { gaussian } from './gaussian'
export {
  addRows16,
  addRows8,
  clear,
  histogramCut,
  removeRows16,
  removeRows8,
  rowsCut16,
  rowsCut8,
  subtract,
} from './histogram-trees'
export { gramPart, icaPart, productsPart } from './products'
export { screenL1, screenL2 } from './screens'
export { lowerTimes, rankTwo } from './symmetric'
export { tanhSum } from './tanh-sum'
export { divideRowsByBin16, divideRowsByBin8, divideRowsByValue, sumRows } from './tree-rows'
