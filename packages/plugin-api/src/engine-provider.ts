/** One tensor engine as found on this machine. */
export interface EngineProbe {
  /** Name an operation is granted: `tensorflow`, `wasm`, … */
  readonly name: string
  /** Enters the key of every stage that computes on it, e.g. `tensorflow-2.21.0+tfjs-4.22.0`. */
  readonly id: string
  /** One line for people. */
  readonly summary: string
}

/** A package that brings tensor engines. Its module imports no engine at top level: probing takes milliseconds. */
export interface EngineProvider {
  /** The engine that stages will get (environment `ETSEF_ENGINE` is honoured). @throws {@link PipelineError} `ERR_ENGINE`. */
  probe(): Promise<EngineProbe>
  /** Gets the best engine this machine can have; idempotent. Lines of progress go to `log`. */
  install(options: { readonly log: (line: string) => void; readonly force?: boolean }): Promise<EngineProbe>
  /** What loads, versions, threads, GPU, and why the others do not; a line each. */
  doctor(): Promise<readonly string[]>
}
