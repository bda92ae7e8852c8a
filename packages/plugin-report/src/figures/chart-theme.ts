import type { TopLevelSpec } from 'vega-lite'

/** Look of every chart: dark text on white, thin grey frames, fonts large enough to be halved in print. */
export function chartTheme(font: string): Pick<TopLevelSpec, '$schema' | 'background' | 'padding' | 'config'> {
  const ink = '#222222'
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: '#ffffff',
    padding: 16,
    config: {
      font,
      view: { stroke: '#888888' },
      title: {
        anchor: 'start',
        frame: 'bounds',
        color: ink,
        fontSize: 16,
        fontWeight: 'bold',
        offset: 14,
        subtitleColor: '#444444',
        subtitleFontSize: 12.5,
        subtitleLineHeight: 17,
        subtitlePadding: 6,
      },
      axis: {
        domainColor: '#888888',
        gridColor: '#e4e4e4',
        labelColor: ink,
        labelFlush: false,
        labelFontSize: 12,
        labelLimit: 0,
        tickColor: '#888888',
        titleColor: ink,
        titleFontSize: 13,
        titleFontWeight: 'normal',
        titlePadding: 10,
      },
      header: { labelColor: ink, titleColor: ink },
      legend: { labelColor: ink, labelFontSize: 13, labelLimit: 0, title: null, symbolSize: 90, rowPadding: 5 },
      text: { color: ink, fontSize: 12 },
    },
  }
}
