/** ψ(x), the derivative of log Γ, for x > 0: recurrence up to 10, then the asymptotic series (about 15 digits). */
export function digamma(x: number): number {
  let shift = 0
  let z = x
  while (z < 10) {
    shift -= 1 / z
    z += 1
  }
  const inverse = 1 / (z * z)
  const series =
    inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse * (1 / 132)))))
  return shift + Math.log(z) - 0.5 / z - series
}
