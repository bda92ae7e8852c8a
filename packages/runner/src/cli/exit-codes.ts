/** What `etsef` ends with. */
export const exitCodes = { ok: 0, failed: 1, invalid: 2, interrupted: 130 } as const
