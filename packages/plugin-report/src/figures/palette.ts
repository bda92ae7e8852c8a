import { element } from './svg.js'

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

const SHAPES = ['circle', 'square', 'triangle', 'diamond', 'cross'] as const

/** A data mark whose colour *and* shape tell the class, so that colour is never the only cue. */
export function classMark(
  classIndex: number,
  at: { readonly x: number; readonly y: number; readonly radius?: number },
): string {
  const { x, y, radius: r = 4 } = at
  const fill = categorical[classIndex % categorical.length]!
  const style = { fill, 'fill-opacity': 0.85, stroke: fill === '#f0e442' ? '#6b6500' : '#ffffff', 'stroke-width': 0.6 }
  // Past the eighth class, colours come round again with the next shape.
  const shape = SHAPES[(classIndex + Math.floor(classIndex / categorical.length)) % SHAPES.length]!
  switch (shape) {
    case 'circle':
      return element('circle', { cx: x, cy: y, r, ...style })
    case 'square':
      return element('rect', { x: x - 0.9 * r, y: y - 0.9 * r, width: 1.8 * r, height: 1.8 * r, ...style })
    case 'triangle':
      return polygon(
        [
          [x, y - 1.2 * r],
          [x + 1.1 * r, y + 0.8 * r],
          [x - 1.1 * r, y + 0.8 * r],
        ],
        style,
      )
    case 'diamond':
      return polygon(
        [
          [x, y - 1.3 * r],
          [x + 1.3 * r, y],
          [x, y + 1.3 * r],
          [x - 1.3 * r, y],
        ],
        style,
      )
    case 'cross': {
      const a = 0.45 * r
      const b = 1.2 * r
      return polygon(
        [
          [-a, -b],
          [a, -b],
          [a, -a],
          [b, -a],
          [b, a],
          [a, a],
          [a, b],
          [-a, b],
          [-a, a],
          [-b, a],
          [-b, -a],
          [-a, -a],
        ].map(([dx, dy]) => [x + dx!, y + dy!]),
        style,
      )
    }
  }
}

/**
 * Colour of a share on a white-to-blue scale that also works in grey, and the ink that is legible on it.
 *
 * @param share - In [0, 1].
 */
export function sequential(share: number): { readonly fill: string; readonly ink: string } {
  const t = Math.min(1, Math.max(0, share))
  const channel = (from: number, to: number) => Math.round(from + (to - from) * t)
  return {
    fill: `rgb(${channel(247, 8)},${channel(251, 64)},${channel(255, 129)})`,
    ink: t > 0.5 ? '#ffffff' : '#222222',
  }
}

function polygon(points: readonly (readonly number[])[], style: Readonly<Record<string, string | number>>): string {
  return element('polygon', {
    points: points.map((point) => point.map((v) => Math.round(v * 100) / 100).join(',')).join(' '),
    ...style,
  })
}
