import { test as property } from '@fast-check/vitest'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { axisAround, axisOver, tickText } from './axis.js'
import { bandChart } from './band-chart.js'
import { lineChartMarkup } from './line-chart-markup.js'
import { markRadius, markRadii } from './line-chart.js'
import { reliabilityPairChart } from './reliability-pair-chart.js'

describe('an axis', () => {
  const five = { title: null, count: 5 }

  test('has ticks at 1, 2 or 5 times a power of ten', () => {
    expect(axisOver([0, 1], five).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(axisOver([-0.08, 0.32], five).ticks).toEqual([0, 0.1, 0.2, 0.3])
    expect(axisOver([0, 1200], five).ticks).toEqual([0, 200, 400, 600, 800, 1000, 1200])
    expect(axisOver([1, 4], { ...five, leastStep: 1 }).ticks).toEqual([1, 2, 3, 4])
  })

  test('goes from tick to tick around the values', () => {
    expect(axisAround([0.11, 0.87], five).domain).toEqual([0, 1])
    expect(axisAround([1, 2, 3], { ...five, leastStep: 1 }).domain).toEqual([1, 3])
    expect(axisAround([], five).domain).toEqual([0, 1])
  })

  property.prop(
    [fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true, noDefaultInfinity: true }), { minLength: 1 })],
    { examples: [[[-5e-324]], [[0, 5e-324]], [[1e9, 1e9 + 0.25]]] },
  )('holds every value, and begins and ends at a tick', (values) => {
    const { domain, ticks } = axisAround(values, five)
    const span = domain[1] - domain[0]
    expect(span).toBeGreaterThan(0)
    for (const value of values) {
      expect(value).toBeGreaterThanOrEqual(domain[0] - 1e-6 * span)
      expect(value).toBeLessThanOrEqual(domain[1] + 1e-6 * span)
    }
    expect([ticks[0], ticks.at(-1)]).toEqual([...domain])
    expect(ticks.length).toBeLessThan(13)
    expect(new Set(ticks).size).toBe(ticks.length)
  })

  test('writes ticks with the digits that tell them apart', () => {
    const texts = (values: readonly number[]): string[] => {
      const axis = axisAround(values, five)
      return axis.ticks.map((tick) => tickText(tick, axis))
    }
    expect(texts([0, 1])).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0'])
    expect(texts([-0.1, 0.1])).toEqual(['−0.10', '−0.05', '0.00', '0.05', '0.10'])
    expect(texts([0, 50])).toEqual(['0', '10', '20', '30', '40', '50'])
  })
})

describe('a chart of the page', () => {
  const figure = {
    title: 'ROC',
    subtitle: 'Each class.',
    axis: [0, 0.5, 1],
    xTitle: 'False',
    yTitle: 'True',
    yDomain: [0, 1] as const,
  }
  const band = (value: (number | null)[], low = value, high = value) => ({ value, low, high })

  test('puts points where the axes say, a missing one nowhere', () => {
    const chart = bandChart({ ...figure, curves: [{ name: 'a', band: band([0, null, 1]) }] })
    const { markup } = lineChartMarkup(chart, 'ROC of a')
    const [, x, y, width, height] = /<rect class="frame" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/.exec(markup)!
    const bottom = Number(y) + Number(height)
    expect(markup).toContain(`d="M${x!},${String(bottom)}L${String(Number(x) + Number(width))},${y!}"`)
    expect(markup).not.toContain('class="band')
  })

  test('has a band where an interval has a width, and shows nothing beyond the frame', () => {
    const chart = bandChart({
      ...figure,
      curves: [{ name: 'a', band: band([0.5, 0.5, 2], [0.25, 0.25, 0.25], [1, 1, 9]) }],
    })
    const { markup } = lineChartMarkup(chart, 'ROC of a')
    // A nested viewport cuts off what lies outside: it is as large as the frame and holds the lines.
    const [frame, inside] = [
      ...markup.matchAll(/(?:<rect class="frame"|<svg) (x="\d+" y="\d+" width="\d+" height="\d+")/g),
    ]
    expect(inside![1]).toBe(frame![1])
    expect(/<svg x=[^>]*>(.*?)<\/svg>/s.exec(markup)![1]!.match(/class="(band|line) c0" d="M[^"]*"/g)).toHaveLength(2)
  })

  test('tells series apart by colour and dash, and what somebody named stays text', () => {
    const curves = ['<b>', 'b'].map((name) => ({ name, band: band([0, 0.2, 1]) }))
    const { markup } = lineChartMarkup(bandChart({ ...figure, title: '<i>', curves }), '"><script>')
    expect(markup).toContain('class="line c1" stroke-dasharray="6 3"')
    expect(markup).toContain('&lt;b&gt;')
    expect(markup).not.toMatch(/<(b|i|script)>/)
  })

  test('marks grow in area with what they stand for', () => {
    const [least, most] = markRadii
    expect([markRadius(0, 10), markRadius(10, 10), markRadius(0, 0)]).toEqual([least, most, least])
    expect(markRadius(5, 10) ** 2).toBeCloseTo((least ** 2 + most ** 2) / 2, 9)
    const bins = [
      { confidence: 0.5, accuracy: 0.4, count: 1 },
      { confidence: 0.9, accuracy: 1, count: 4 },
    ]
    const { markup } = lineChartMarkup(
      reliabilityPairChart({ title: 'R', subtitle: '', before: bins, after: null }),
      'R',
    )
    expect(markup.match(/<circle/g)).toHaveLength(2)
    expect(markup).toContain(`r="${most.toFixed(1)}"`)
  })
})
