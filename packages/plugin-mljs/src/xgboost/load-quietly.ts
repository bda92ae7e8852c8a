import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * Loads a CommonJS package built with emscripten without its side effects.
 *
 * Such packages print "wasm streaming compile failed" on Node 18 and later, because they try to fetch a file path, and add
 * listeners for uncaught exceptions and unhandled rejections of the whole process. Streaming is hidden while the module
 * starts, and listeners that were not there before are taken off again.
 *
 * @param name - Package or file to require.
 * @returns What it exports; its type is not checked.
 */
export function requireQuietly(name: string): unknown {
  const events = ['uncaughtException', 'unhandledRejection'] as const
  const before = new Map(events.map((event) => [event, new Set(process.listeners(event as 'uncaughtException'))]))
  // Node's types declare WebAssembly with the DOM only.
  const engine = Reflect.get(globalThis, 'WebAssembly') as object
  const streaming = Object.getOwnPropertyDescriptor(engine, 'instantiateStreaming')
  if (streaming) Reflect.deleteProperty(engine, 'instantiateStreaming')
  try {
    return require(name) as unknown
  } finally {
    if (streaming) Object.defineProperty(engine, 'instantiateStreaming', streaming)
    for (const event of events) {
      for (const listener of process.listeners(event as 'uncaughtException')) {
        if (!before.get(event)?.has(listener)) process.off(event, listener)
      }
    }
  }
}
