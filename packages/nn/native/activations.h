// Activations and their slopes, for kernels that apply them on the way.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

namespace {

enum Activation { kNone = 0, kRelu = 1, kRelu6 = 2, kSwish = 3, kHardSwish = 4 };

// exp by 2^n times a polynomial (Cephes expf, relative error 2e-7); written so that the compiler vectorises it. NaN stays NaN.
inline float exponential(float x) {
  x = x > 88.0f ? 88.0f : x;
  x = x < -87.0f ? -87.0f : x;
  const float n = std::nearbyint(x * 1.44269504f);
  float r = x - n * 0.693359375f;
  r -= n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return p * power;
}

inline float sigmoid(float x) { return 1.0f / (1.0f + exponential(-x)); }

// Comparisons are written so that NaN falls through: a diverging loss must stay visible.
template <int A>
inline float activate(float z) {
  if (A == kRelu) return z < 0.0f ? 0.0f : z;
  if (A == kRelu6) return z < 0.0f ? 0.0f : z > 6.0f ? 6.0f : z;
  if (A == kSwish) return z * sigmoid(z);
  if (A == kHardSwish) return z * ((z + 3.0f < 0.0f ? 0.0f : z + 3.0f > 6.0f ? 6.0f : z + 3.0f) * (1.0f / 6.0f));
  return z;
}

template <int A>
inline float slope(float z) {
  if (A == kRelu) return z > 0.0f ? 1.0f : 0.0f;
  if (A == kRelu6) return z > 0.0f && z < 6.0f ? 1.0f : 0.0f;
  if (A == kSwish) {
    const float s = sigmoid(z);
    return s * (1.0f + z * (1.0f - s));
  }
  if (A == kHardSwish) return z <= -3.0f ? 0.0f : z >= 3.0f ? 1.0f : (2.0f * z + 3.0f) * (1.0f / 6.0f);
  return 1.0f;
}

}  // namespace
