import { randomPresets, type RandomPreset, type ViewOptions } from '@etsef/nn/view-options'

/** Changes that a pair may name. */
export const changeNames = ['crop', 'rotate', 'flip', 'zoom', 'color', 'blur'] as const

/** One of {@link changeNames}. */
export type ChangeName = (typeof changeNames)[number]

/** A preset and what replaces parts of it; null keeps the preset's. */
export interface RecipeOptions {
  readonly preset: RandomPreset
  readonly crop: readonly number[] | null
  readonly flip: number | null
  readonly verticalFlip: number | null
  readonly rotationDegrees: number | null
  readonly zoom: readonly number[] | null
  readonly jitter: number | null
  readonly brightness: number | null
  readonly contrast: number | null
  readonly saturation: number | null
  readonly hue: number | null
  readonly grayscale: number | null
  readonly blur: number | null
  readonly blurSigma: readonly number[] | null
}

/** The recipe that options ask for. */
export function viewRecipe(options: RecipeOptions): ViewOptions {
  const preset: ViewOptions = randomPresets[options.preset]
  const { crop, flip, verticalFlip, rotationDegrees, zoom, jitter, blurSigma } = options
  return {
    cropScale: range(crop) ?? preset.cropScale,
    flip: flip ?? preset.flip,
    verticalFlip: verticalFlip ?? preset.verticalFlip ?? 0,
    rotationDegrees: rotationDegrees ?? preset.rotationDegrees ?? 0,
    zoom: range(zoom) ?? preset.zoom ?? [1, 1],
    jitter: jitter ?? preset.jitter,
    brightness: options.brightness ?? preset.brightness,
    contrast: options.contrast ?? preset.contrast,
    saturation: options.saturation ?? preset.saturation,
    hue: options.hue ?? preset.hue,
    grayscale: options.grayscale ?? preset.grayscale,
    blur: options.blur ?? preset.blur,
    blurSigma: range(blurSigma) ?? preset.blurSigma,
  }
}

/** The recipe with nothing but the named changes. */
export function restrictRecipe(recipe: ViewOptions, names: readonly ChangeName[]): ViewOptions {
  const has = (name: ChangeName): boolean => names.includes(name)
  return {
    ...recipe,
    ...(has('crop') ? {} : { cropScale: [1, 1] }),
    ...(has('rotate') ? {} : { rotationDegrees: 0 }),
    ...(has('flip') ? {} : { flip: 0, verticalFlip: 0 }),
    ...(has('zoom') ? {} : { zoom: [1, 1] }),
    ...(has('color') ? {} : { jitter: 0, grayscale: 0 }),
    ...(has('blur') ? {} : { blur: 0 }),
  }
}

function range(values: readonly number[] | null): readonly [number, number] | undefined {
  return values === null ? undefined : [values[0]!, values[1]!]
}
