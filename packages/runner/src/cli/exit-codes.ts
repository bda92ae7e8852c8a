/**
 * What `etsef` ends with. `crashed` is a mistake of etsef itself, as `EX_SOFTWARE` of sysexits; the last two are 128 and the number of the signal, as
 * shells have it.
 */
export const exitCodes = { ok: 0, failed: 1, invalid: 2, crashed: 70, interrupted: 130, terminated: 143 } as const
