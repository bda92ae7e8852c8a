// Batch norm with the activation after it: by the batch's moments, in one pass each way, and by given ones.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "activations.h"
#include "crew.h"
#include "tensorflow.h"

namespace {

// Rows of few channels are taken several at a time, so that vectors are full: a line is `repeats` rows.
struct Lines {
  int64_t rows, channels, repeats, length, count, rest;
  Lines(int64_t rows, int64_t channels) : rows(rows), channels(channels) {
    repeats = 1;
    while ((channels * repeats) % 16 != 0 && repeats < 16) repeats *= 2;
    while (channels * repeats < 128) repeats *= 2;
    length = channels * repeats;
    count = rows / repeats;
    rest = (rows % repeats) * channels;
  }
  std::vector<float> spread(const float* perChannel) const {
    std::vector<float> line(length);
    for (int64_t i = 0; i < length; i++) line[i] = perChannel[i % channels];
    return line;
  }
  // Lines in a block that stays in the second-level cache.
  int64_t block() const { return std::max<int64_t>(1, 32768 / length); }
  // Lines, the short one at the end included.
  int64_t total() const { return count + (rest > 0 ? 1 : 0); }
  int64_t lengthOf(int64_t line) const { return line < count ? length : rest; }
  int parts() const { return partsOf(rows * channels); }
};

// Mean and sum of squared deviations of some lines, per position in a line.
struct Moments {
  double count = 0;
  std::vector<double> mean, squares;
  explicit Moments(int64_t length) : mean(length, 0.0), squares(length, 0.0) {}
  // Joins two sets of values as Chan et al. 1983 do.
  template <typename T>
  void add(double otherCount, const T* otherMean, const T* otherSquares) {
    const double share = otherCount / (count + otherCount);
    for (size_t i = 0; i < mean.size(); i++) {
      const double delta = static_cast<double>(otherMean[i]) - mean[i];
      mean[i] += delta * share;
      squares[i] += static_cast<double>(otherSquares[i]) + delta * delta * count * share;
    }
    count += otherCount;
  }
};

// Two passes within a block.
Moments momentsOf(const float* x, const Lines& lines, int64_t first, int64_t end) {
  const int64_t length = lines.length;
  std::vector<float> sum(length), deviation(length);
  Moments all(length);
  for (int64_t from = first; from < end; from += lines.block()) {
    const int64_t n = std::min(lines.block(), end - from);
    std::fill(sum.begin(), sum.end(), 0.0f);
    std::fill(deviation.begin(), deviation.end(), 0.0f);
    float* __restrict s = sum.data();
    float* __restrict d = deviation.data();
    const float* block = x + from * length;
    for (int64_t r = 0; r < n; r++) {
      const float* __restrict row = block + r * length;
      for (int64_t i = 0; i < length; i++) s[i] += row[i];
    }
    const float inverse = 1.0f / static_cast<float>(n);
    for (int64_t i = 0; i < length; i++) s[i] *= inverse;
    for (int64_t r = 0; r < n; r++) {
      const float* __restrict row = block + r * length;
      for (int64_t i = 0; i < length; i++) d[i] += (row[i] - s[i]) * (row[i] - s[i]);
    }
    all.add(static_cast<double>(n), s, d);
  }
  return all;
}

// Mean and sum of squared deviations per channel.
void moments(const float* x, const Lines& lines, std::vector<double>& mean, std::vector<double>& squares) {
  const int parts = lines.parts();
  std::vector<Moments> each(parts, Moments(lines.length));
  Crew::get().run(parts, [&](int part) {
    each[part] = momentsOf(x, lines, lines.count * part / parts, lines.count * (part + 1) / parts);
  });
  Moments all(lines.length);
  for (const Moments& part : each) {
    if (part.count > 0) all.add(part.count, part.mean.data(), part.squares.data());
  }
  mean.assign(lines.channels, 0.0);
  squares.assign(lines.channels, 0.0);
  for (int64_t c = 0; c < lines.channels; c++) {
    double count = 0;
    const auto join = [&](double n, double otherMean, double otherSquares) {
      if (n == 0) return;
      const double delta = otherMean - mean[c];
      squares[c] += otherSquares + delta * delta * count * n / (count + n);
      mean[c] += delta * n / (count + n);
      count += n;
    };
    for (int64_t i = c; i < lines.length; i += lines.channels) join(all.count, all.mean[i], all.squares[i]);
    for (int64_t i = c; i < lines.rest; i += lines.channels) join(1, x[lines.count * lines.length + i], 0);
  }
}

template <int A>
void normalise(const float* x, float* y, const Lines& lines, const std::vector<float>& mean, const std::vector<float>& factor,
               const std::vector<float>& offset) {
  shareRange(lines.total(), lines.parts(), [&](int64_t first, int64_t end) {
    const float* __restrict m = mean.data();
    const float* __restrict f = factor.data();
    const float* __restrict o = offset.data();
    for (int64_t r = first; r < end; r++) {
      const int64_t length = lines.lengthOf(r);
      const float* __restrict from = x + r * lines.length;
      float* __restrict to = y + r * lines.length;
      for (int64_t i = 0; i < length; i++) to[i] = activate<A>((from[i] - m[i]) * f[i] + o[i]);
    }
  });
}

// Sums of a gradient, and of its product with the centred input.
struct GradientSums {
  std::vector<double> gradient, product;
  explicit GradientSums(int64_t length) : gradient(length, 0.0), product(length, 0.0) {}
};

template <int A>
GradientSums sumLines(const float* dy, const float* x, const Lines& lines, const std::vector<float>& mean,
                      const std::vector<float>& factor, const std::vector<float>& offset, int64_t first, int64_t end) {
  std::vector<float> sum(lines.length), product(lines.length);
  float* __restrict s = sum.data();
  float* __restrict p = product.data();
  const float* __restrict m = mean.data();
  const float* __restrict f = factor.data();
  const float* __restrict o = offset.data();
  GradientSums all(lines.length);
  const int64_t block = std::min<int64_t>(lines.block(), 64);
  for (int64_t from = first; from < end; from += block) {
    std::fill(sum.begin(), sum.end(), 0.0f);
    std::fill(product.begin(), product.end(), 0.0f);
    for (int64_t r = from; r < std::min(from + block, end); r++) {
      const int64_t length = lines.lengthOf(r);
      const float* __restrict gradient = dy + r * lines.length;
      const float* __restrict input = x + r * lines.length;
      for (int64_t i = 0; i < length; i++) {
        const float centred = input[i] - m[i];
        const float dz = gradient[i] * slope<A>(centred * f[i] + o[i]);
        s[i] += dz;
        p[i] += dz * centred;
      }
    }
    for (int64_t i = 0; i < lines.length; i++) {
      all.gradient[i] += s[i];
      all.product[i] += p[i];
    }
  }
  return all;
}

template <int A>
void sumGradients(const float* dy, const float* x, const Lines& lines, const std::vector<float>& mean,
                  const std::vector<float>& factor, const std::vector<float>& offset, std::vector<double>& sums,
                  std::vector<double>& products) {
  const int parts = lines.parts();
  const int64_t total = lines.total();
  std::vector<GradientSums> each(parts, GradientSums(lines.length));
  Crew::get().run(parts, [&](int part) {
    each[part] = sumLines<A>(dy, x, lines, mean, factor, offset, total * part / parts, total * (part + 1) / parts);
  });
  sums.assign(lines.channels, 0.0);
  products.assign(lines.channels, 0.0);
  for (const GradientSums& part : each) {
    for (int64_t i = 0; i < lines.length; i++) {
      sums[i % lines.channels] += part.gradient[i];
      products[i % lines.channels] += part.product[i];
    }
  }
}

template <int A>
void inputGradient(const float* dy, const float* x, float* dx, const Lines& lines, const std::vector<float>& mean,
                   const std::vector<float>& factor, const std::vector<float>& offset, const std::vector<float>& meanGradient,
                   const std::vector<float>& meanProduct) {
  shareRange(lines.total(), lines.parts(), [&](int64_t first, int64_t end) {
    const float* __restrict m = mean.data();
    const float* __restrict f = factor.data();
    const float* __restrict o = offset.data();
    const float* __restrict g = meanGradient.data();
    const float* __restrict p = meanProduct.data();
    for (int64_t r = first; r < end; r++) {
      const int64_t length = lines.lengthOf(r);
      const float* __restrict gradient = dy + r * lines.length;
      const float* __restrict input = x + r * lines.length;
      float* __restrict to = dx + r * lines.length;
      for (int64_t i = 0; i < length; i++) {
        const float centred = input[i] - m[i];
        const float dz = gradient[i] * slope<A>(centred * f[i] + o[i]);
        to[i] = f[i] * (dz - g[i] - centred * p[i]);
      }
    }
  });
}

#define ETSEF_BY_ACTIVATION(activation, call)  \
  switch (activation) {                        \
    case kRelu: { constexpr int A = kRelu; call; break; }           \
    case kRelu6: { constexpr int A = kRelu6; call; break; }         \
    case kSwish: { constexpr int A = kSwish; call; break; }         \
    case kHardSwish: { constexpr int A = kHardSwish; call; break; } \
    default: { constexpr int A = kNone; call; }                     \
  }

struct NormAttributes {
  int32_t activation = 0;
  float epsilon = 0, factor = 0;
};

void* createNorm(TF_OpKernelConstruction* construction) {
  auto* attributes = new NormAttributes;
  const Reader read{construction};
  read.integer("activation", &attributes->activation);
  read.real("epsilon", &attributes->epsilon);
  read.real("factor", &attributes->factor);
  return attributes;
}

// x, gamma, beta, moving mean, moving variance -> y, new moving mean, new moving variance, mean, 1 / deviation
void computeNorm(void* state, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<NormAttributes*>(state);
  Call call(context);
  const TF_Tensor *x = call.input(0), *gamma = call.input(1), *beta = call.input(2), *movingMean = call.input(3),
                  *movingVariance = call.input(4);
  if (!call.require(x && gamma && beta && movingMean && movingVariance, "an input is missing")) return;
  const int64_t channels = sizeOf(gamma);
  if (!call.require(channels > 0 && sizeOf(x) > 0 && sizeOf(x) % channels == 0 && sizeOf(beta) == channels &&
                        sizeOf(movingMean) == channels && sizeOf(movingVariance) == channels,
                    "shapes do not fit"))
    return;
  float* y = call.output(0, shapeOf(x));
  float* newMean = call.output(1, {channels});
  float* newVariance = call.output(2, {channels});
  float* keptMean = call.output(3, {channels});
  float* keptInverse = call.output(4, {channels});
  if (!call.require(y && newMean && newVariance && keptMean && keptInverse, "no memory for an output")) return;
  const int64_t rows = sizeOf(x) / channels;
  const Lines lines(rows, channels);
  std::vector<double> mean, squares;
  moments(floats(x), lines, mean, squares);
  std::vector<float> factor(channels);
  const double unbiased = static_cast<double>(rows > 1 ? rows - 1 : 1);
  for (int64_t c = 0; c < channels; c++) {
    const double variance = squares[c] / static_cast<double>(rows);
    keptMean[c] = static_cast<float>(mean[c]);
    keptInverse[c] = static_cast<float>(1.0 / std::sqrt(variance + static_cast<double>(attributes.epsilon)));
    factor[c] = keptInverse[c] * floats(gamma)[c];
    const float kept = 1.0f - attributes.factor;
    newMean[c] = kept * floats(movingMean)[c] + attributes.factor * keptMean[c];
    newVariance[c] = kept * floats(movingVariance)[c] + attributes.factor * static_cast<float>(squares[c] / unbiased);
  }
  ETSEF_BY_ACTIVATION(attributes.activation, normalise<A>(floats(x), y, lines, lines.spread(keptMean),
                                                          lines.spread(factor.data()), lines.spread(floats(beta))))
}

// dy, x, gamma, beta, mean, 1 / deviation -> dx, dgamma, dbeta
void computeNormGrad(void* state, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<NormAttributes*>(state);
  Call call(context);
  const TF_Tensor *dy = call.input(0), *x = call.input(1), *gamma = call.input(2), *beta = call.input(3),
                  *mean = call.input(4), *inverse = call.input(5);
  if (!call.require(dy && x && gamma && beta && mean && inverse, "an input is missing")) return;
  const int64_t channels = sizeOf(gamma);
  if (!call.require(channels > 0 && sizeOf(x) % channels == 0 && sizeOf(dy) == sizeOf(x) && sizeOf(beta) == channels &&
                        sizeOf(mean) == channels && sizeOf(inverse) == channels,
                    "shapes do not fit"))
    return;
  float* dx = call.output(0, shapeOf(x));
  float* dgamma = call.output(1, {channels});
  float* dbeta = call.output(2, {channels});
  if (!call.require(dx && dgamma && dbeta, "no memory for an output")) return;
  const Lines lines(sizeOf(x) / channels, channels);
  std::vector<float> factor(channels);
  for (int64_t c = 0; c < channels; c++) factor[c] = floats(inverse)[c] * floats(gamma)[c];
  const auto means = lines.spread(floats(mean)), factors = lines.spread(factor.data()), offsets = lines.spread(floats(beta));
  std::vector<double> sums, products;
  ETSEF_BY_ACTIVATION(attributes.activation,
                      sumGradients<A>(floats(dy), floats(x), lines, means, factors, offsets, sums, products))
  std::vector<float> meanGradient(channels), meanProduct(channels);
  const double rows = static_cast<double>(lines.rows);
  for (int64_t c = 0; c < channels; c++) {
    const double scale = floats(inverse)[c];
    dbeta[c] = static_cast<float>(sums[c]);
    dgamma[c] = static_cast<float>(products[c] * scale);
    meanGradient[c] = static_cast<float>(sums[c] / rows);
    meanProduct[c] = static_cast<float>(products[c] * scale * scale / rows);
  }
  ETSEF_BY_ACTIVATION(attributes.activation,
                      inputGradient<A>(floats(dy), floats(x), dx, lines, means, factors, offsets,
                                       lines.spread(meanGradient.data()), lines.spread(meanProduct.data())))
}

void* createNormalise(TF_OpKernelConstruction* construction) {
  auto* attributes = new NormAttributes;
  const Reader read{construction};
  read.integer("activation", &attributes->activation);
  read.real("epsilon", &attributes->epsilon);
  return attributes;
}

// x, gamma, beta, mean, variance -> y
void computeNormalise(void* state, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<NormAttributes*>(state);
  Call call(context);
  const TF_Tensor *x = call.input(0), *gamma = call.input(1), *beta = call.input(2), *mean = call.input(3),
                  *variance = call.input(4);
  if (!call.require(x && gamma && beta && mean && variance, "an input is missing")) return;
  const int64_t channels = sizeOf(gamma);
  if (!call.require(channels > 0 && sizeOf(x) % channels == 0 && sizeOf(beta) == channels && sizeOf(mean) == channels &&
                        sizeOf(variance) == channels,
                    "shapes do not fit"))
    return;
  float* y = call.output(0, shapeOf(x));
  if (!call.require(y, "no memory for an output")) return;
  const Lines lines(sizeOf(x) / channels, channels);
  std::vector<float> factor(channels);
  for (int64_t c = 0; c < channels; c++) factor[c] = floats(gamma)[c] / std::sqrt(floats(variance)[c] + attributes.epsilon);
  ETSEF_BY_ACTIVATION(attributes.activation, normalise<A>(floats(x), y, lines, lines.spread(floats(mean)),
                                                          lines.spread(factor.data()), lines.spread(floats(beta))))
}

#undef ETSEF_BY_ACTIVATION

}  // namespace
