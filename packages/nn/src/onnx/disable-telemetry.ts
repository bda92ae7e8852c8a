/**
 * Keeps ONNX Runtime from telling its maker what it runs: since 1.30 its builds for Linux and macOS send events about sessions and networks,
 * and keep a number that identifies the machine in the user's cache. Who works on patients' pictures has promised otherwise. What the user
 * has set stays.
 *
 * Must run in the main thread, before the library is loaded anywhere: it reads the environment of the process once, of which other threads have
 * a copy.
 *
 * @see https://github.com/microsoft/onnxruntime/pull/27379
 */
export function disableTelemetry(env: NodeJS.ProcessEnv = process.env): void {
  env['ORT_DISABLE_TELEMETRY'] ??= '1'
}
