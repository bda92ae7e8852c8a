// Four operations of a training step that TensorFlow composes from many, or runs in a slow general kernel; float32, NHWC, one thread.
//
//   EtsefBatchNorm, EtsefBatchNormGrad    batch norm by the batch's moments with the activation after it, in one pass each way
//   EtsefDepthwiseFilterGrad              filter gradient of a depthwise convolution of multiplier 1
//   EtsefScaleChannels(Grad)              product of a map with one factor per picture and channel (squeeze and excitation)
//
// Registered with TensorFlow through its C interface, whose few functions are declared below: no headers are needed. Sums run in
// float within blocks that fit the cache and in double across them, in an order that depends on shapes alone.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <vector>

extern "C" {
struct TF_Status;
struct TF_Tensor;
struct TF_OpDefinitionBuilder;
struct TF_KernelBuilder;
struct TF_OpKernelConstruction;
struct TF_OpKernelContext;
TF_Status* TF_NewStatus();
void TF_DeleteStatus(TF_Status*);
int TF_GetCode(const TF_Status*);
void TF_SetStatus(TF_Status*, int code, const char* message);
void* TF_TensorData(const TF_Tensor*);
int TF_NumDims(const TF_Tensor*);
int64_t TF_Dim(const TF_Tensor*, int);
void TF_DeleteTensor(TF_Tensor*);
TF_OpDefinitionBuilder* TF_NewOpDefinitionBuilder(const char*);
void TF_OpDefinitionBuilderAddAttr(TF_OpDefinitionBuilder*, const char*);
void TF_OpDefinitionBuilderAddInput(TF_OpDefinitionBuilder*, const char*);
void TF_OpDefinitionBuilderAddOutput(TF_OpDefinitionBuilder*, const char*);
void TF_RegisterOpDefinition(TF_OpDefinitionBuilder*, TF_Status*);
TF_KernelBuilder* TF_NewKernelBuilder(const char* op, const char* device, void* (*create)(TF_OpKernelConstruction*),
                                      void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));
void TF_RegisterKernelBuilder(const char* name, TF_KernelBuilder*, TF_Status*);
void TF_OpKernelConstruction_GetAttrInt32(TF_OpKernelConstruction*, const char*, int32_t*, TF_Status*);
void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction*, const char*, float*, TF_Status*);
void TF_OpKernelContext_Failure(TF_OpKernelContext*, TF_Status*);
void TF_GetInput(TF_OpKernelContext*, int, TF_Tensor**, TF_Status*);
TF_Tensor* TF_AllocateOutput(TF_OpKernelContext*, int, int dtype, const int64_t* dims, int rank, size_t bytes, TF_Status*);
}

namespace {

constexpr int kFloat = 1;            // TF_FLOAT
constexpr int kInvalidArgument = 3;  // TF_INVALID_ARGUMENT

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
};

// Mean and sum of squared deviations per channel: two passes within a block, blocks joined as Chan et al. 1983 do.
void moments(const float* x, const Lines& lines, std::vector<double>& mean, std::vector<double>& squares) {
  const int64_t length = lines.length;
  std::vector<float> sum(length), deviation(length);
  std::vector<double> lineMean(length, 0.0), lineSquares(length, 0.0);
  int64_t done = 0;
  for (int64_t from = 0; from < lines.count; from += lines.block()) {
    const int64_t n = std::min(lines.block(), lines.count - from);
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
    const double share = static_cast<double>(n) / static_cast<double>(done + n);
    for (int64_t i = 0; i < length; i++) {
      const double delta = s[i] - lineMean[i];
      lineMean[i] += delta * share;
      lineSquares[i] += d[i] + delta * delta * static_cast<double>(done) * share;
    }
    done += n;
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
    for (int64_t i = c; i < length; i += lines.channels) join(static_cast<double>(lines.count), lineMean[i], lineSquares[i]);
    for (int64_t i = c; i < lines.rest; i += lines.channels) join(1, x[lines.count * length + i], 0);
  }
}

template <int A>
void normalise(const float* x, float* y, const Lines& lines, const std::vector<float>& mean, const std::vector<float>& factor,
               const std::vector<float>& offset) {
  const float* __restrict m = mean.data();
  const float* __restrict f = factor.data();
  const float* __restrict o = offset.data();
  const int64_t total = lines.count + (lines.rest > 0 ? 1 : 0);
  for (int64_t r = 0; r < total; r++) {
    const int64_t length = r < lines.count ? lines.length : lines.rest;
    const float* __restrict from = x + r * lines.length;
    float* __restrict to = y + r * lines.length;
    for (int64_t i = 0; i < length; i++) to[i] = activate<A>((from[i] - m[i]) * f[i] + o[i]);
  }
}

template <int A>
void sumGradients(const float* dy, const float* x, const Lines& lines, const std::vector<float>& mean,
                  const std::vector<float>& factor, const std::vector<float>& offset, std::vector<double>& sums,
                  std::vector<double>& products) {
  std::vector<float> sum(lines.length), product(lines.length);
  float* __restrict s = sum.data();
  float* __restrict p = product.data();
  const float* __restrict m = mean.data();
  const float* __restrict f = factor.data();
  const float* __restrict o = offset.data();
  sums.assign(lines.channels, 0.0);
  products.assign(lines.channels, 0.0);
  std::vector<double> lineSums(lines.length, 0.0), lineProducts(lines.length, 0.0);
  const int64_t total = lines.count + (lines.rest > 0 ? 1 : 0);
  const int64_t block = std::min<int64_t>(lines.block(), 64);
  for (int64_t from = 0; from < total; from += block) {
    std::fill(sum.begin(), sum.end(), 0.0f);
    std::fill(product.begin(), product.end(), 0.0f);
    for (int64_t r = from; r < std::min(from + block, total); r++) {
      const int64_t length = r < lines.count ? lines.length : lines.rest;
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
      lineSums[i] += s[i];
      lineProducts[i] += p[i];
    }
  }
  for (int64_t i = 0; i < lines.length; i++) {
    sums[i % lines.channels] += lineSums[i];
    products[i % lines.channels] += lineProducts[i];
  }
}

template <int A>
void inputGradient(const float* dy, const float* x, float* dx, const Lines& lines, const std::vector<float>& mean,
                   const std::vector<float>& factor, const std::vector<float>& offset, const std::vector<float>& meanGradient,
                   const std::vector<float>& meanProduct) {
  const float* __restrict m = mean.data();
  const float* __restrict f = factor.data();
  const float* __restrict o = offset.data();
  const float* __restrict g = meanGradient.data();
  const float* __restrict p = meanProduct.data();
  const int64_t total = lines.count + (lines.rest > 0 ? 1 : 0);
  for (int64_t r = 0; r < total; r++) {
    const int64_t length = r < lines.count ? lines.length : lines.rest;
    const float* __restrict gradient = dy + r * lines.length;
    const float* __restrict input = x + r * lines.length;
    float* __restrict to = dx + r * lines.length;
    for (int64_t i = 0; i < length; i++) {
      const float centred = input[i] - m[i];
      const float dz = gradient[i] * slope<A>(centred * f[i] + o[i]);
      to[i] = f[i] * (dz - g[i] - centred * p[i]);
    }
  }
}

#define ETSEF_BY_ACTIVATION(activation, call)  \
  switch (activation) {                        \
    case kRelu: { constexpr int A = kRelu; call; break; }           \
    case kRelu6: { constexpr int A = kRelu6; call; break; }         \
    case kSwish: { constexpr int A = kSwish; call; break; }         \
    case kHardSwish: { constexpr int A = kHardSwish; call; break; } \
    default: { constexpr int A = kNone; call; }                     \
  }

// The inputs and outputs of one call; frees what it fetched.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call() {
    if (TF_GetCode(status_) != 0) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }
  TF_Tensor* input(int index) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, index, &tensor, status_);
    if (tensor != nullptr) tensors_.push_back(tensor);
    return tensor;
  }
  float* output(int index, const std::vector<int64_t>& shape) {
    int64_t size = 1;
    for (int64_t dim : shape) size *= dim;
    TF_Tensor* tensor = TF_AllocateOutput(context_, index, kFloat, shape.data(), static_cast<int>(shape.size()),
                                          static_cast<size_t>(size) * sizeof(float), status_);
    if (tensor == nullptr) return nullptr;
    tensors_.push_back(tensor);
    return static_cast<float*>(TF_TensorData(tensor));
  }
  bool require(bool condition, const char* message) {
    if (!condition && TF_GetCode(status_) == 0) TF_SetStatus(status_, kInvalidArgument, message);
    return TF_GetCode(status_) == 0;
  }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

const float* floats(const TF_Tensor* tensor) { return static_cast<const float*>(TF_TensorData(tensor)); }

int64_t sizeOf(const TF_Tensor* tensor) {
  int64_t size = 1;
  for (int i = 0; i < TF_NumDims(tensor); i++) size *= TF_Dim(tensor, i);
  return size;
}

std::vector<int64_t> shapeOf(const TF_Tensor* tensor) {
  std::vector<int64_t> shape(TF_NumDims(tensor));
  for (size_t i = 0; i < shape.size(); i++) shape[i] = TF_Dim(tensor, static_cast<int>(i));
  return shape;
}

struct Attributes {
  int32_t activation = 0, stride = 1, top = 0, left = 0, height = 0, width = 0;
  float epsilon = 0, factor = 0;
};

struct Reader {
  TF_OpKernelConstruction* construction;
  void integer(const char* name, int32_t* value) const {
    TF_Status* status = TF_NewStatus();
    TF_OpKernelConstruction_GetAttrInt32(construction, name, value, status);
    TF_DeleteStatus(status);
  }
  void real(const char* name, float* value) const {
    TF_Status* status = TF_NewStatus();
    TF_OpKernelConstruction_GetAttrFloat(construction, name, value, status);
    TF_DeleteStatus(status);
  }
};

void* createNorm(TF_OpKernelConstruction* construction) {
  auto* attributes = new Attributes;
  const Reader read{construction};
  read.integer("activation", &attributes->activation);
  read.real("epsilon", &attributes->epsilon);
  read.real("factor", &attributes->factor);
  return attributes;
}

void* createFilter(TF_OpKernelConstruction* construction) {
  auto* attributes = new Attributes;
  const Reader read{construction};
  read.integer("stride", &attributes->stride);
  read.integer("top", &attributes->top);
  read.integer("left", &attributes->left);
  read.integer("height", &attributes->height);
  read.integer("width", &attributes->width);
  return attributes;
}

void* createPlain(TF_OpKernelConstruction*) { return new Attributes; }

void destroy(void* attributes) { delete static_cast<Attributes*>(attributes); }

// x, gamma, beta, moving mean, moving variance -> y, new moving mean, new moving variance, mean, 1 / deviation
void computeNorm(void* state, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(state);
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
  const auto& attributes = *static_cast<Attributes*>(state);
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

template <int K>
void filterGradients(const float* x, const float* dy, double* sums, const Plane& plane) {
  const int64_t picture = plane.height * plane.width * plane.channels;
  const int64_t output = plane.outHeight * plane.outWidth * plane.channels;
  for (int64_t n = 0; n < plane.images; n++) {
    const float* from = x + n * picture;
    const float* gradient = dy + n * output;
    int64_t c = 0;
    for (; c + kWidth <= plane.channels; c += kWidth) filterGradient<K, kWidth>(from + c, gradient + c, sums + c, plane);
    for (; c < plane.channels; c++) filterGradient<K, 1>(from + c, gradient + c, sums + c, plane);
  }
}

// x, dy -> dfilter [k, k, channels, 1]
void computeFilterGrad(void* state, TF_OpKernelContext* context) {
  const auto& a = *static_cast<Attributes*>(state);
  Call call(context);
  const TF_Tensor *x = call.input(0), *dy = call.input(1);
  if (!call.require(x && dy && TF_NumDims(x) == 4 && TF_NumDims(dy) == 4, "inputs must have rank 4")) return;
  const Plane plane{TF_Dim(x, 0), TF_Dim(x, 1), TF_Dim(x, 2), TF_Dim(x, 3), TF_Dim(dy, 1), TF_Dim(dy, 2), a.stride, a.top, a.left};
  if (!call.require(TF_Dim(dy, 0) == plane.images && TF_Dim(dy, 3) == plane.channels, "shapes do not fit")) return;
  if (!call.require(a.height == a.width && (a.height == 3 || a.height == 5), "filters of 3 x 3 and 5 x 5 only")) return;
  float* out = call.output(0, {a.height, a.width, plane.channels, 1});
  if (!call.require(out, "no memory for an output")) return;
  std::vector<double> sums(a.height * a.width * plane.channels, 0.0);
  if (a.height == 3) filterGradients<3>(floats(x), floats(dy), sums.data(), plane);
  else filterGradients<5>(floats(x), floats(dy), sums.data(), plane);
  for (size_t i = 0; i < sums.size(); i++) out[i] = static_cast<float>(sums[i]);
}

// x [n, h, w, c], factor [n, 1, 1, c] -> product
void computeScale(void*, TF_OpKernelContext* context) {
  Call call(context);
  const TF_Tensor *x = call.input(0), *factor = call.input(1);
  if (!call.require(x && factor && TF_NumDims(x) == 4 && TF_Dim(x, 0) * TF_Dim(x, 3) == sizeOf(factor), "shapes do not fit")) return;
  float* y = call.output(0, shapeOf(x));
  if (!call.require(y, "no memory for an output")) return;
  const int64_t images = TF_Dim(x, 0), pixels = TF_Dim(x, 1) * TF_Dim(x, 2), channels = TF_Dim(x, 3);
  for (int64_t n = 0; n < images; n++) {
    const float* __restrict f = floats(factor) + n * channels;
    for (int64_t p = 0; p < pixels; p++) {
      const float* __restrict from = floats(x) + (n * pixels + p) * channels;
      float* __restrict to = y + (n * pixels + p) * channels;
      for (int64_t c = 0; c < channels; c++) to[c] = from[c] * f[c];
    }
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
  std::vector<float> sums(channels);
  float* __restrict s = sums.data();
  for (int64_t n = 0; n < images; n++) {
    const float* __restrict f = floats(factor) + n * channels;
    float* __restrict total = dfactor + n * channels;
    std::fill(total, total + channels, 0.0f);
    // Rows of 128 pixels are summed on their own: shorter sums round less.
    for (int64_t from = 0; from < pixels; from += 128) {
      std::fill(sums.begin(), sums.end(), 0.0f);
      for (int64_t p = from; p < std::min<int64_t>(from + 128, pixels); p++) {
        const float* __restrict gradient = floats(dy) + (n * pixels + p) * channels;
        const float* __restrict input = floats(x) + (n * pixels + p) * channels;
        float* __restrict to = dx + (n * pixels + p) * channels;
        for (int64_t c = 0; c < channels; c++) {
          to[c] = gradient[c] * f[c];
          s[c] += gradient[c] * input[c];
        }
      }
      for (int64_t c = 0; c < channels; c++) total[c] += s[c];
    }
  }
}

struct Definition {
  const char* name;
  std::vector<const char*> attributes, inputs, outputs;
  void* (*create)(TF_OpKernelConstruction*);
  void (*compute)(void*, TF_OpKernelContext*);
};

void registerOperations() {
  const std::vector<const char*> norm = {"activation: int", "epsilon: float", "factor: float"};
  const Definition definitions[] = {
      {"EtsefBatchNorm",
       norm,
       {"x: float", "gamma: float", "beta: float", "moving_mean: float", "moving_variance: float"},
       {"y: float", "new_mean: float", "new_variance: float", "mean: float", "inverse: float"},
       createNorm,
       computeNorm},
      {"EtsefBatchNormGrad",
       norm,
       {"dy: float", "x: float", "gamma: float", "beta: float", "mean: float", "inverse: float"},
       {"dx: float", "dgamma: float", "dbeta: float"},
       createNorm,
       computeNormGrad},
      {"EtsefDepthwiseFilterGrad",
       {"stride: int", "top: int", "left: int", "height: int", "width: int"},
       {"x: float", "dy: float"},
       {"dfilter: float"},
       createFilter,
       computeFilterGrad},
      {"EtsefScaleChannels", {}, {"x: float", "factor: float"}, {"y: float"}, createPlain, computeScale},
      {"EtsefScaleChannelsGrad",
       {},
       {"dy: float", "x: float", "factor: float"},
       {"dx: float", "dfactor: float"},
       createPlain,
       computeScaleGrad},
  };
  for (const Definition& definition : definitions) {
    TF_Status* status = TF_NewStatus();
    TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(definition.name);
    for (const char* text : definition.attributes) TF_OpDefinitionBuilderAddAttr(op, text);
    for (const char* text : definition.inputs) TF_OpDefinitionBuilderAddInput(op, text);
    for (const char* text : definition.outputs) TF_OpDefinitionBuilderAddOutput(op, text);
    TF_RegisterOpDefinition(op, status);
    if (TF_GetCode(status) == 0)
      TF_RegisterKernelBuilder(definition.name,
                               TF_NewKernelBuilder(definition.name, "CPU", definition.create, definition.compute, destroy), status);
    TF_DeleteStatus(status);
  }
}

}  // namespace

// Node's entry point; once per process, however many threads load the file.
extern "C" __attribute__((visibility("default"))) void* napi_register_module_v1(void*, void* exports) {
  static std::once_flag once;
  std::call_once(once, registerOperations);
  return exports;
}
