import { createRequire } from 'node:module'
import { PipelineError } from '@etsef/plugin-api'
import type * as canvasModule from '@napi-rs/canvas'

type CanvasModule = Pick<typeof canvasModule, 'createCanvas' | 'GlobalFonts' | 'PDFDocument'>

/** Set while the module loads, it keeps installed fonts out. */
const NO_SYSTEM_FONTS = 'DISABLE_SYSTEM_FONTS_LOAD'

/**
 * Loads the canvas, without the fonts of the machine. Takes about 20 ms; later calls give the same module.
 *
 * @param load - For tests: loads a module by name.
 * @throws PipelineError `ERR_LIBRARY` where npm installed no binary of it for this platform.
 */
export function loadCanvas(load: (name: string) => unknown = createRequire(import.meta.url)): CanvasModule {
  const before = process.env[NO_SYSTEM_FONTS]
  process.env[NO_SYSTEM_FONTS] = '1'
  try {
    return load('@napi-rs/canvas') as CanvasModule // the package of that name
  } catch (cause) {
    throw new PipelineError('ERR_LIBRARY', {
      message: 'Pictures cannot be drawn: @napi-rs/canvas does not load',
      expected: 'its binary package for this platform, which npm installs as an optional dependency',
      received: `${process.platform} ${process.arch}, Node ${process.versions.node}`,
      hint: 'install again without --omit=optional; platforms with a binary are listed at https://www.npmjs.com/package/@napi-rs/canvas',
      cause,
    })
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, NO_SYSTEM_FONTS)
    else process.env[NO_SYSTEM_FONTS] = before
  }
}
