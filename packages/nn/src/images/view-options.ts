/** What views of a picture are drawn from; probabilities in [0, 1], strengths as in SimCLR. */
export interface ViewOptions {
  /** Share of the area a random crop keeps, `[low, high]`; the crop is resized back. */
  readonly cropScale: readonly [number, number]
  /** Probability of a horizontal flip. */
  readonly flip: number
  /** Probability of a vertical flip; left out: 0. */
  readonly verticalFlip?: number
  /** Largest turn to either side, in degrees; left out: 0. */
  readonly rotationDegrees?: number
  /** Magnification about the centre, `[low, high]`; below 1 shows the border. Left out: 1. */
  readonly zoom?: readonly [number, number]
  /** Probability of colour jitter. */
  readonly jitter: number
  /** Largest relative change of brightness, contrast and saturation, and largest hue shift in turns. */
  readonly brightness: number
  readonly contrast: number
  readonly saturation: number
  readonly hue: number
  /** Probability of dropping colour. */
  readonly grayscale: number
  /** Probability of a Gaussian blur. */
  readonly blur: number
  /** Range of the blur's sigma as a share of the picture side. */
  readonly blurSigma: readonly [number, number]
}

/** SimCLR's blur: sigma from 0.1 to 2 pixels of 224. */
const blurSigma = [0.1 / 224, 2 / 224] as const
const noColour = { saturation: 0, hue: 0, grayscale: 0 } as const

/**
 * Recipes of views. `color` is SimCLR's own, `grayscale` the one for modalities in which colour means nothing and small crops lose the
 * finding, `light` what may change in supervised training without changing the class. The others are named after what they are for;
 * each says what it leaves out, and why.
 *
 * @see Chen et al. 2020, arXiv:2002.05709, appendix A
 */
export const viewPresets = {
  color: {
    cropScale: [0.08, 1],
    flip: 0.5,
    jitter: 0.8,
    brightness: 0.8,
    contrast: 0.8,
    saturation: 0.8,
    hue: 0.2,
    grayscale: 0.2,
    blur: 0.5,
    blurSigma,
  },
  grayscale: {
    cropScale: [0.3, 1],
    flip: 0.5,
    jitter: 0.8,
    brightness: 0.4,
    contrast: 0.4,
    ...noColour,
    blur: 0.5,
    blurSigma,
  },
  light: {
    cropScale: [0.75, 1],
    flip: 0.5,
    jitter: 0.8,
    brightness: 0.15,
    contrast: 0.15,
    ...noColour,
    blur: 0,
    blurSigma: [0, 0],
  },
  // A slice of a head: the finding fills a few per cent, so that crops are large; heads lie a little askew; grey levels have no unit.
  // Left and right may be swapped where the class is a kind of tumour or stage, not a side.
  'greyscale-mri': {
    cropScale: [0.4, 1],
    flip: 0.5,
    rotationDegrees: 10,
    jitter: 0.8,
    brightness: 0.3,
    contrast: 0.4,
    ...noColour,
    blur: 0.3,
    blurSigma,
  },
  // The side means something (heart, marker, one lung), so nothing is flipped; patients stand upright, so turns are small; density is
  // the finding, so brightness changes less than contrast; fine lines are the finding, so blur is rare.
  xray: {
    cropScale: [0.5, 1],
    flip: 0,
    rotationDegrees: 5,
    jitter: 0.8,
    brightness: 0.2,
    contrast: 0.3,
    ...noColour,
    blur: 0.2,
    blurSigma: [0.1 / 224, 1 / 224],
  },
  // The probe is above and shadows fall down: nothing is turned far or upside down. The probe can be held either way round: left and
  // right may be swapped. Gain differs from examination to examination; speckle is texture that blur takes away, so blur is weak.
  ultrasound: {
    cropScale: [0.5, 1],
    flip: 0.5,
    rotationDegrees: 5,
    jitter: 0.8,
    brightness: 0.3,
    contrast: 0.4,
    ...noColour,
    blur: 0.2,
    blurSigma: [0.1 / 224, 1 / 224],
  },
  // The disc is small and told by its rim: crops are large, zoom is none. A flip makes a right eye of a left one, which is no class.
  // Upper and lower rim thin in an order that means something: never upside down. Blood, exudate and pallor are colours: hue hardly moves.
  fundus: {
    cropScale: [0.5, 1],
    flip: 0.5,
    rotationDegrees: 15,
    jitter: 0.8,
    brightness: 0.3,
    contrast: 0.3,
    saturation: 0.2,
    hue: 0.02,
    grayscale: 0,
    blur: 0.2,
    blurSigma,
  },
  // The camera has no up, so any turn and flip is another look at the same wall. Redness is inflammation: hue hardly moves, and colour is
  // never dropped. Frames are blurred by motion and by a wet lens.
  endoscopy: {
    cropScale: [0.4, 1],
    flip: 0.5,
    verticalFlip: 0.5,
    rotationDegrees: 180,
    jitter: 0.8,
    brightness: 0.4,
    contrast: 0.3,
    saturation: 0.2,
    hue: 0.03,
    grayscale: 0,
    blur: 0.5,
    blurSigma,
  },
  // The published method's changes, each at its fixed strength: a turn of 15 degrees at most, every picture flipped, shrunk to 0.8 and
  // blurred with sigma 1.7 of 224. Its two pairs are rotation with flip, and zoom with blur.
  published: {
    cropScale: [1, 1],
    flip: 1,
    rotationDegrees: 15,
    zoom: [0.8, 0.8],
    jitter: 0,
    brightness: 0,
    contrast: 0,
    ...noColour,
    blur: 1,
    blurSigma: [1.7 / 224, 1.7 / 224],
  },
} as const satisfies Readonly<Record<string, ViewOptions>>

/** Presets by the names that `augment/random` knows them by: SimCLR's own recipe is that for pictures of the world. */
export const randomPresets = {
  natural: viewPresets.color,
  'greyscale-mri': viewPresets['greyscale-mri'],
  xray: viewPresets.xray,
  ultrasound: viewPresets.ultrasound,
  fundus: viewPresets.fundus,
  endoscopy: viewPresets.endoscopy,
  grayscale: viewPresets.grayscale,
  light: viewPresets.light,
  published: viewPresets.published,
} as const satisfies Readonly<Record<string, ViewOptions>>

/** Name of one of {@link randomPresets}. */
export type RandomPreset = keyof typeof randomPresets
