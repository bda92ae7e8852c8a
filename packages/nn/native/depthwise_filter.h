// Filter gradient of a depthwise convolution of multiplier 1; oneDNN has none for 5 x 5.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "crew.h"
#include "tensorflow.h"

namespace {

#if defined(__AVX512F__)
constexpr int kWidth = 16;
#else
constexpr int kWidth = 8;
#endif
template <int W>
struct VectorOf {
  typedef float type __attribute__((vector_size(W * 4), aligned(4)));
};
template <>
struct VectorOf<1> {
  typedef float type;
};

struct Plane {
  int64_t images, height, width, channels, outHeight, outWidth, stride, top, left;
};

// Adds one picture's filter gradient of `W` channels to `sums` ([K * K][channels]); all sums of the filter stay in registers.
template <int K, int W>
void filterGradient(const float* x, const float* dy, double* sums, const Plane& plane) {
  typedef typename VectorOf<W>::type Vector;
  const int64_t c = plane.channels;
  Vector total[K][K] = {};
  for (int64_t oy = 0; oy < plane.outHeight; oy++) {
    const int64_t y = oy * plane.stride - plane.top;
    for (int64_t ox = 0; ox < plane.outWidth; ox++) {
      const int64_t left = ox * plane.stride - plane.left;
      const Vector gradient = *reinterpret_cast<const Vector*>(dy + (oy * plane.outWidth + ox) * c);
      if (y >= 0 && y + K <= plane.height && left >= 0 && left + K <= plane.width) {
        const float* corner = x + (y * plane.width + left) * c;
#pragma GCC unroll 8
        for (int i = 0; i < K; i++) {
#pragma GCC unroll 8
          for (int j = 0; j < K; j++)
            total[i][j] += gradient * *reinterpret_cast<const Vector*>(corner + (i * plane.width + j) * c);
        }
        continue;
      }
#pragma GCC unroll 8
      for (int i = 0; i < K; i++) {
        if (y + i < 0 || y + i >= plane.height) continue;
#pragma GCC unroll 8
        for (int j = 0; j < K; j++) {
          if (left + j < 0 || left + j >= plane.width) continue;
          total[i][j] += gradient * *reinterpret_cast<const Vector*>(x + ((y + i) * plane.width + left + j) * c);
        }
      }
    }
  }
  for (int i = 0; i < K; i++) {
    for (int j = 0; j < K; j++) {
      float lanes[W];
      std::memcpy(lanes, &total[i][j], sizeof lanes);
      for (int k = 0; k < W; k++) sums[(i * K + j) * c + k] += lanes[k];
    }
  }
}

// Threads share the pictures.
template <int K>
void filterGradients(const float* x, const float* dy, float* out, const Plane& plane) {
  const int64_t picture = plane.height * plane.width * plane.channels;
  const int64_t output = plane.outHeight * plane.outWidth * plane.channels;
  const int64_t size = K * K * plane.channels;
  const int parts = static_cast<int>(std::min<int64_t>({plane.images, partsOf(plane.images * picture), 8}));
  std::vector<double> sums(parts * size, 0.0);
  Crew::get().run(parts, [&](int part) {
    double* own = sums.data() + part * size;
    for (int64_t n = plane.images * part / parts; n < plane.images * (part + 1) / parts; n++) {
      const float* from = x + n * picture;
      const float* gradient = dy + n * output;
      int64_t c = 0;
      for (; c + kWidth <= plane.channels; c += kWidth) filterGradient<K, kWidth>(from + c, gradient + c, own + c, plane);
      for (; c < plane.channels; c++) filterGradient<K, 1>(from + c, gradient + c, own + c, plane);
    }
  });
  for (int part = 1; part < parts; part++) {
    for (int64_t i = 0; i < size; i++) sums[i] += sums[part * size + i];
  }
  for (int64_t i = 0; i < size; i++) out[i] = static_cast<float>(sums[i]);
}

inline bool hasFilterGradient(int64_t height, int64_t width, int64_t multiplier) {
  return height == width && (height == 3 || height == 5) && multiplier == 1;
}

// `out` is [size, size, channels, 1].
void writeFilterGradient(const float* x, const float* dy, int64_t size, const Plane& plane, float* out) {
  if (size == 3) filterGradients<3>(x, dy, out, plane);
  else filterGradients<5>(x, dy, out, plane);
}

struct FilterAttributes {
  int32_t stride = 1, top = 0, left = 0, size = 0;
};

void* createFilter(TF_OpKernelConstruction* construction) {
  auto* attributes = new FilterAttributes;
  const Reader read{construction};
  read.integer("stride", &attributes->stride);
  read.integer("top", &attributes->top);
  read.integer("left", &attributes->left);
  read.integer("size", &attributes->size);
  return attributes;
}

// x, dy -> dfilter [k, k, channels, 1]
void computeFilterGrad(void* state, TF_OpKernelContext* context) {
  const auto& a = *static_cast<FilterAttributes*>(state);
  Call call(context);
  const TF_Tensor *x = call.input(0), *dy = call.input(1);
  if (!call.require(x && dy && TF_NumDims(x) == 4 && TF_NumDims(dy) == 4, "inputs must have rank 4")) return;
  const Plane plane{TF_Dim(x, 0), TF_Dim(x, 1), TF_Dim(x, 2), TF_Dim(x, 3), TF_Dim(dy, 1), TF_Dim(dy, 2), a.stride, a.top, a.left};
  if (!call.require(TF_Dim(dy, 0) == plane.images && TF_Dim(dy, 3) == plane.channels, "shapes do not fit")) return;
  if (!call.require(hasFilterGradient(a.size, a.size, 1), "filters of 3 x 3 and 5 x 5 only")) return;
  float* out = call.output(0, {a.size, a.size, plane.channels, 1});
  if (!call.require(out, "no memory for an output")) return;
  writeFilterGradient(floats(x), floats(dy), a.size, plane, out);
}

}  // namespace
