// Product of a map with one factor per picture and channel (squeeze and excitation); threads share the pictures.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "crew.h"
#include "tensorflow.h"

namespace {

// x [n, h, w, c], factor [n, 1, 1, c] -> product
void computeScale(void*, TF_OpKernelContext* context) {
  Call call(context);
  const TF_Tensor *x = call.input(0), *factor = call.input(1);
  if (!call.require(x && factor && TF_NumDims(x) == 4 && TF_Dim(x, 0) * TF_Dim(x, 3) == sizeOf(factor), "shapes do not fit")) return;
  float* y = call.output(0, shapeOf(x));
  if (!call.require(y, "no memory for an output")) return;
  const int64_t images = TF_Dim(x, 0), pixels = TF_Dim(x, 1) * TF_Dim(x, 2), channels = TF_Dim(x, 3);
  const int parts = static_cast<int>(std::min<int64_t>(images, partsOf(sizeOf(x))));
  shareRange(images, parts, [&](int64_t first, int64_t end) {
    for (int64_t n = first; n < end; n++) {
      const float* __restrict f = floats(factor) + n * channels;
      for (int64_t p = 0; p < pixels; p++) {
        const float* __restrict from = floats(x) + (n * pixels + p) * channels;
        float* __restrict to = y + (n * pixels + p) * channels;
        for (int64_t c = 0; c < channels; c++) to[c] = from[c] * f[c];
      }
    }
  });
}

// Gradients of one picture of `pixels` x `channels`.
void scaleGradients(const float* dy, const float* x, const float* __restrict factor, float* dx, float* __restrict dfactor,
                    int64_t pixels, int64_t channels) {
  std::vector<float> sums(channels);
  float* __restrict s = sums.data();
  std::fill(dfactor, dfactor + channels, 0.0f);
  // Rows of 128 pixels are summed on their own: shorter sums round less.
  for (int64_t from = 0; from < pixels; from += 128) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    for (int64_t p = from; p < std::min<int64_t>(from + 128, pixels); p++) {
      const float* __restrict gradient = dy + p * channels;
      const float* __restrict input = x + p * channels;
      float* __restrict to = dx + p * channels;
      for (int64_t c = 0; c < channels; c++) {
        to[c] = gradient[c] * factor[c];
        s[c] += gradient[c] * input[c];
      }
    }
    for (int64_t c = 0; c < channels; c++) dfactor[c] += s[c];
  }
}

// dy, x, factor -> dx, dfactor
void computeScaleGrad(void*, TF_OpKernelContext* context) {
  Call call(context);
  const TF_Tensor *dy = call.input(0), *x = call.input(1), *factor = call.input(2);
  if (!call.require(dy && x && factor && TF_NumDims(x) == 4 && sizeOf(dy) == sizeOf(x) &&
                        TF_Dim(x, 0) * TF_Dim(x, 3) == sizeOf(factor),
                    "shapes do not fit"))
    return;
  float* dx = call.output(0, shapeOf(x));
  float* dfactor = call.output(1, shapeOf(factor));
  if (!call.require(dx && dfactor, "no memory for an output")) return;
  const int64_t images = TF_Dim(x, 0), pixels = TF_Dim(x, 1) * TF_Dim(x, 2), channels = TF_Dim(x, 3);
  const int parts = static_cast<int>(std::min<int64_t>(images, partsOf(sizeOf(x))));
  shareRange(images, parts, [&](int64_t first, int64_t end) {
    for (int64_t n = first; n < end; n++) {
      const int64_t at = n * pixels * channels, row = n * channels;
      scaleGradients(floats(dy) + at, floats(x) + at, floats(factor) + row, dx + at, dfactor + row, pixels, channels);
    }
  });
}

}  // namespace
