/**
 * What Node is told at the start of a worker. No result depends on it; what the user has set in `NODE_OPTIONS` stays.
 *
 * Without an engine: space for young objects grows to 48 MB where rows pass number by number, however few are kept, which is more than all
 * else that a stream needs.
 *
 * With an engine: JavaScript only hands work on to native code. A step of a training calls hundreds of small functions of TensorFlow.js a few
 * times each, and V8 would compile most of them for speed, on the processors that the engine computes on: a tenth of the processor time of a
 * short training. So on Node 20 a function runs six times as long before it is compiled; later versions have a cheaper compiler before that one,
 * and no such flag. And the modules of the engine are a heap of 35 MB, which V8 would walk through after every few pictures.
 *
 * @param version - Of Node. One that is not known is told nothing that it might refuse.
 */
export function workerFlags(
  hasEngine: boolean,
  version = process.versions.node,
  options = process.env['NODE_OPTIONS'] ?? '',
): string[] {
  const major = Number(version.split('.')[0])
  const flags = hasEngine
    ? [
        ...(major >= 20 && major <= 24 ? ['--initial-heap-size=192'] : []),
        ...(major === 20 ? ['--interrupt-budget=400000'] : []),
      ]
    : ['--max-semi-space-size=2']
  return flags.filter((flag) => !options.includes(flag.split('=')[0]!))
}
