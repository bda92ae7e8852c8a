/** Okabe and Ito's colours, distinguishable with every common colour vision deficiency; yellow last, for it is faint on white. */
export const categorical = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#d55e00',
  '#cc79a7',
  '#56b4e9',
  '#000000',
  '#f0e442',
] as const

/** Shapes of data marks, as Vega calls them. */
const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'cross'] as const

/** Colour of a class; after the eighth they come round again. */
export function classColor(classIndex: number): string {
  return categorical[classIndex % categorical.length]!
}

/** Edge of a class's marks: white keeps marks that touch apart, and yellow needs a dark one on white. */
export function classEdge(classIndex: number): string {
  return classColor(classIndex) === '#f0e442' ? '#6b6500' : '#ffffff'
}

/** Shape of a class, so that colour is never the only cue; past the eighth class, colours come round with the next shape. */
export function classShape(classIndex: number): string {
  return shapes[(classIndex + Math.floor(classIndex / categorical.length)) % shapes.length]!
}

/** Ends of the white-to-blue scale of shares, which also works in grey. */
export const sequential = ['#f7fbff', '#084081'] as const

/** Ink that is legible on the colour of a share in [0, 1]. */
export function inkOn(share: number): string {
  return share > 0.5 ? '#ffffff' : '#222222'
}
