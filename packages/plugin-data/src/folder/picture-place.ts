/** A box of a picture, in its pixels. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Where a row's picture is: a file, perhaps a frame or slice of it, perhaps a box in that. */
export interface PicturePlace {
  /** Relative to the root. */
  readonly path: string
  /** From 0; left out: the file has one, or its reader chooses. */
  readonly frame?: number | undefined
  readonly box?: Box | undefined
}

/** The place as the row's uri, as W3C media fragments write it: `a.dcm#frame=3`, `b.png#xywh=10,20,64,64`, `c.nii#frame=3&xywh=0,0,9,9`. */
export function formatPlace({ path, frame, box }: PicturePlace): string {
  const parts = [
    ...(frame === undefined ? [] : [`frame=${String(frame)}`]),
    ...(box ? [`xywh=${[box.left, box.top, box.width, box.height].join(',')}`] : []),
  ]
  return parts.length === 0 ? path : `${path}#${parts.join('&')}`
}

const fragment = /#(?:frame=(\d+))?&?(?:xywh=(\d+),(\d+),(\d+),(\d+))?$/

/** The place that a uri names. */
export function parsePlace(uri: string): PicturePlace {
  const match = fragment.exec(uri)
  if (!match || match[0].length < 2) return { path: uri }
  const [frame, left, top, width, height] = numbersIn(match)
  return {
    path: uri.slice(0, match.index),
    ...(frame !== undefined && { frame }),
    ...(left !== undefined && { box: { left, top: top!, width: width!, height: height! } }),
  }
}

/** Numbers of the groups of a match; undefined for one that is not in it. */
function numbersIn(match: RegExpExecArray): readonly (number | undefined)[] {
  const texts: readonly (string | undefined)[] = match.slice(1)
  return texts.map((text) => (text === undefined ? undefined : Number(text)))
}
