// Set-up of every test file: generated inputs are the same in every run, so that a change is judged by what it changes. ETSEF_FUZZ=random draws
// new ones (a failure prints its seed and counterexample; keep it in `examples`), ETSEF_FUZZ=<seed> repeats a run.
import fc from 'fast-check'

const wanted = process.env.ETSEF_FUZZ ?? '20240709'
if (wanted !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(wanted) })
