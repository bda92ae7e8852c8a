// What every search for a cut computes from the sums g and h of the rows on the side it has come from.

/** Just below what a cut must reach, so that one comparison without a division turns most of them down. */
export function floorOf(best: f32, nodeGain: f32): f64 {
  return (<f64>best + <f64>nodeGain) * 0.999999
}

/** Whether a cut cannot be better than the one that made the floor. */
export function isBelowFloor(g: f64, h: f64, gOther: f64, hOther: f64, lambda: f64, floor: f64): bool {
  const a = hOther + lambda
  const b = h + lambda
  return gOther * gOther * b + g * g * a <= floor * a * b
}

/** What a cut gains, in float32 as XGBoost computes it. */
export function gainOf(g: f64, h: f64, gOther: f64, hOther: f64, lambda: f64, nodeGain: f32): f32 {
  return <f32>((gOther * gOther) / (hOther + lambda)) + <f32>((g * g) / (h + lambda)) - nodeGain
}
