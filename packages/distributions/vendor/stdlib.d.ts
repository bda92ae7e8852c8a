/** Regularised incomplete beta function I_x(a, b), or its complement. */
export function betainc(x: number, a: number, b: number, isRegularized?: boolean, isUpper?: boolean): number
/** `x` with I_x(a, b) = p. */
export function betaincinv(p: number, a: number, b: number, isUpper?: boolean): number
/** ψ(x), the derivative of log Γ. */
export function digamma(x: number): number
/** Complementary error function. */
export function erfc(x: number): number
/** `x` with erfc(x) = y. */
export function erfcinv(y: number): number
/** Regularised lower incomplete gamma function P(a, x), or its complement Q(a, x). */
export function gammainc(x: number, a: number, isRegularized?: boolean, isUpper?: boolean): number
/** log Γ(x). */
export function gammaln(x: number): number
/** Quantile of Student's t. */
export function studentQuantile(p: number, degrees: number): number
