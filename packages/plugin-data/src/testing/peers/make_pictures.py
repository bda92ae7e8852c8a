"""Makes pictures.json: small pictures, ordinary, odd and hostile, and what peers decode them to.

    pip install pydicom pillow nibabel numpy
    python make_pictures.py > pictures.json

Expected pixels are uint8 RGB by the decoding contract, computed from what the peer decodes. Where a picture has no expected pixels it has to be refused.
"""

import base64
import io
import json
import struct
import sys
import warnings

import nibabel
import numpy as np
import PIL
import pydicom
from PIL import Image, ImageOps
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_modality_lut, apply_windowing
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    RLELossless,
    SecondaryCaptureImageStorage,
)

warnings.filterwarnings("ignore")
cases = []
rng = np.random.default_rng(15)


def text(data):
    return base64.b64encode(data).decode()


def add(name, data, expected=None, refused=None, peer=None, **options):
    case = {"name": name, "file": text(data), **options}
    if expected is not None:
        pixels = np.asarray(expected)
        if pixels.ndim == 2:
            pixels = np.repeat(pixels[..., None], 3, axis=2)
        assert pixels.dtype == np.uint8 and pixels.shape[2] == 3, (name, pixels.dtype, pixels.shape)
        case.update(peer=peer, height=pixels.shape[0], width=pixels.shape[1], pixels=text(np.ascontiguousarray(pixels).tobytes()))
    else:
        case["refused"] = refused
    cases.append(case)


def half_up(values):
    return np.floor(np.asarray(values, np.float64) + 0.5).astype(np.uint8)


# --- pictures, by Pillow ---------------------------------------------------------------------------------------------

height, width = 10, 14
rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
grey = rng.integers(0, 256, (height, width), np.uint8)
alpha = rng.integers(0, 256, (height, width), np.uint8)
smooth = np.add.outer(np.arange(16) * 9, np.arange(24) * 5).astype(np.uint8)
smooth_rgb = np.stack([smooth, smooth[::-1], 255 - smooth], axis=2)


def saved(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def by_contract(data, bits=16):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode.startswith("I;16") or image.mode == "I":
        return half_up(np.asarray(image).astype(np.float64) * 255 / 65535)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        values = np.asarray(image.convert("RGBA")).astype(np.float64)
        return half_up(values[..., :3] * (values[..., 3:] / 255))
    return np.asarray(image.convert("RGB"))


def picture(name, image, form, **options):
    data = saved(image, form, **options)
    add(name, data, by_contract(data), peer="Pillow")


picture("grey PNG", Image.fromarray(grey), "PNG")
picture("RGB PNG", Image.fromarray(rgb), "PNG")
picture("RGBA PNG", Image.fromarray(np.dstack([rgb, alpha])), "PNG")
picture("grey PNG with alpha", Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)]), "PNG")
picture("PNG of one bit", Image.fromarray(grey > 127), "PNG")
picture("palette PNG", Image.fromarray(rgb).quantize(16), "PNG")
picture("palette PNG with a transparent colour", Image.fromarray(rgb).quantize(16), "PNG", transparency=3)
picture("PNG of 16 bits", Image.fromarray(rng.integers(0, 65536, (height, width), np.uint16)), "PNG")
picture("PNG of one pixel", Image.fromarray(rgb[:1, :1]), "PNG")
picture("PNG of one row", Image.fromarray(rgb[:1]), "PNG")
picture("TIFF without compression", Image.fromarray(rgb), "TIFF")
picture("TIFF, LZW", Image.fromarray(rgb), "TIFF", compression="tiff_lzw")
picture("TIFF, deflate", Image.fromarray(grey), "TIFF", compression="tiff_adobe_deflate")
picture("TIFF, PackBits", Image.fromarray(grey), "TIFF", compression="packbits")
picture("TIFF of 16 bits", Image.fromarray(rng.integers(0, 65536, (height, width), np.uint16)), "TIFF")
picture("TIFF of two pages", Image.fromarray(grey), "TIFF", save_all=True, append_images=[Image.fromarray(255 - grey)])
picture("TIFF of one bit, CCITT", Image.fromarray(grey > 127), "TIFF", compression="group4")
picture("GIF", Image.fromarray(grey), "GIF")
picture("GIF of two frames", Image.fromarray(grey), "GIF", save_all=True, append_images=[Image.fromarray(255 - grey)])
picture("WebP without loss", Image.fromarray(rgb), "WEBP", lossless=True)
picture("WebP without loss, with alpha", Image.fromarray(np.dstack([rgb, alpha])), "WEBP", lossless=True, exact=True)
picture("grey JPEG", Image.fromarray(smooth), "JPEG", quality=95)
picture("RGB JPEG", Image.fromarray(smooth_rgb), "JPEG", quality=95, subsampling=0)
picture("progressive JPEG", Image.fromarray(smooth), "JPEG", quality=90, progressive=True)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture(f"JPEG of orientation {orientation}", Image.fromarray(smooth), "JPEG", quality=95, exif=exif)

good = saved(Image.fromarray(rgb), "PNG")
jpeg = saved(Image.fromarray(smooth_rgb), "JPEG")
add("PNG cut off", good[: len(good) // 2], refused="ERR_BAD_DATA")
add("PNG with damaged pixels", good[:60] + bytes(20) + good[80:], refused="ERR_BAD_DATA")
add("JPEG cut off", jpeg[: len(jpeg) * 2 // 3], refused="ERR_BAD_DATA")
add("JPEG header alone", jpeg[:20], refused="ERR_BAD_DATA")
add("empty file", b"", refused="ERR_BAD_DATA")
add("text", b"file,label\n1.png,a\n", refused="ERR_BAD_DATA")
add("SVG", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', refused="ERR_BAD_DATA")
add("BMP", saved(Image.fromarray(rgb), "BMP"), refused="ERR_BAD_DATA")
add("PDF", b"%PDF-1.7\n", refused="ERR_BAD_DATA")
add("TIFF of floats", saved(Image.fromarray(grey.astype(np.float32)), "TIFF"), refused="ERR_BAD_DATA")
add("TIFF of 32 bits", saved(Image.fromarray(grey.astype(np.int32)), "TIFF"), refused="ERR_BAD_DATA")
header = good[:16] + struct.pack(">II", 60000, 60000) + good[24:]
import zlib  # noqa: E402

header = header[:29] + struct.pack(">I", zlib.crc32(header[12:29])) + header[33:]
add("PNG that claims 3.6e9 pixels", header, refused="ERR_TOO_LARGE")

# --- DICOM, by pydicom -----------------------------------------------------------------------------------------------


def dataset(pixels, syntax=ExplicitVRLittleEndian, photometric="MONOCHROME2", bits=None, frames=None, compressed=None, **more):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    meta.TransferSyntaxUID = syntax
    ds = Dataset()
    ds.file_meta = meta
    ds.SOPClassUID = SecondaryCaptureImageStorage
    ds.SOPInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    ds.PatientName = "Doe^Jane"
    ds.PatientID = "MRN-00417"
    shape = pixels.shape[1:] if frames else pixels.shape
    ds.Rows, ds.Columns = shape[0], shape[1]
    ds.SamplesPerPixel = 3 if len(shape) == 3 else 1
    if ds.SamplesPerPixel == 3:
        ds.PlanarConfiguration = 0
    ds.PhotometricInterpretation = photometric
    ds.BitsAllocated = pixels.dtype.itemsize * 8
    ds.BitsStored = bits or ds.BitsAllocated
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    if frames:
        ds.NumberOfFrames = frames
    for key, value in more.items():
        setattr(ds, key, value)
    data = pixels.astype(pixels.dtype.newbyteorder(">" if syntax == ExplicitVRBigEndian else "<")).tobytes()
    ds.PixelData = compressed if compressed is not None else data + bytes(len(data) % 2)
    if compressed is not None:
        ds["PixelData"].is_undefined_length = True
    ds["PixelData"].VR = "OB" if compressed is not None or ds.BitsAllocated == 8 else "OW"
    return ds


def written(ds):
    out = io.BytesIO()
    syntax = ds.file_meta.TransferSyntaxUID
    ds.save_as(out, enforce_file_format=True, little_endian=syntax != ExplicitVRBigEndian, implicit_vr=syntax == ImplicitVRLittleEndian)
    return out.getvalue()


def windowed(data, frame=0):
    """As the contract says: modality, window (or all that the bits hold), then 8 bits, then MONOCHROME1."""
    ds = pydicom.dcmread(io.BytesIO(data))
    pixels = ds.pixel_array
    if int(ds.get("NumberOfFrames", 1)) > 1:
        pixels = pixels[frame]
    if ds.SamplesPerPixel == 3:
        return pixels
    scale = ds
    if "SharedFunctionalGroupsSequence" in ds:
        shared = ds.SharedFunctionalGroupsSequence[0]
        scale.RescaleSlope = shared.PixelValueTransformationSequence[0].RescaleSlope
        scale.RescaleIntercept = shared.PixelValueTransformationSequence[0].RescaleIntercept
        scale.WindowCenter = shared.FrameVOILUTSequence[0].WindowCenter
        scale.WindowWidth = shared.FrameVOILUTSequence[0].WindowWidth
    values = apply_modality_lut(pixels, scale)
    low, high = (0, 2**ds.BitsStored - 1) if ds.PixelRepresentation == 0 else (-(2 ** (ds.BitsStored - 1)), 2 ** (ds.BitsStored - 1) - 1)
    slope, intercept = float(scale.get("RescaleSlope", 1)), float(scale.get("RescaleIntercept", 0))
    low, high = low * slope + intercept, high * slope + intercept
    if "WindowCenter" in scale:
        values = apply_windowing(values, scale)
    result = half_up((values.astype(np.float64) - low) / (high - low) * 255)
    return 255 - result if ds.PhotometricInterpretation == "MONOCHROME1" else result


def dicom(name, pixels, frame=None, **more):
    data = written(dataset(pixels, **more))
    add(f"DICOM, {name}", data, windowed(data, frame or 0), peer="pydicom", **({} if frame is None else {"frame": frame}))


def run_lengths(name, pixels, frame=None, **more):
    ds = dataset(pixels, **more)
    ds.compress(RLELossless, encoding_plugin="pydicom")
    data = written(ds)
    add(f"DICOM, {name}", data, windowed(data, frame or 0), peer="pydicom", **({} if frame is None else {"frame": frame}))


wide = rng.integers(0, 4096, (height, width), np.uint16)
signed = rng.integers(-1024, 3000, (height, width), np.int16)
several = rng.integers(0, 256, (4, height, width), np.uint8)
window = {"WindowCenter": 2000.25, "WindowWidth": 1501}
hounsfield = {"RescaleSlope": 1, "RescaleIntercept": -24, "WindowCenter": 40, "WindowWidth": 401}
dicom("8 bits", grey)
dicom("MONOCHROME1", grey, photometric="MONOCHROME1")
dicom("12 bits without a window", wide, bits=12)
dicom("12 bits with a window", wide, bits=12, **window)
dicom("12 bits, MONOCHROME1 with a window", wide, bits=12, photometric="MONOCHROME1", **window)
dicom("signed, slope and window", signed, **hounsfield)
dicom("signed, steep slope", signed, RescaleSlope=2.5, RescaleIntercept=-1000, WindowCenter=500.3, WindowWidth=3001.7)
dicom("two windows, of which the first counts", wide, bits=12, WindowCenter=[1000, 2000], WindowWidth=[777, 10])
dicom("LINEAR_EXACT", wide, bits=12, VOILUTFunction="LINEAR_EXACT", WindowCenter=2000.3, WindowWidth=1000.7)
dicom("SIGMOID", wide, bits=12, VOILUTFunction="SIGMOID", **window)
dicom("implicit VR", wide, syntax=ImplicitVRLittleEndian, bits=12)
dicom("big-endian", wide, syntax=ExplicitVRBigEndian, bits=12, **window)
dicom("deflated", wide, syntax=DeflatedExplicitVRLittleEndian, bits=12)
dicom("the first of four frames", several, frames=4)
dicom("the third of four frames", several, frames=4, frame=2)
dicom("RGB", rgb, photometric="RGB")
planar = dataset(rgb, photometric="RGB", PlanarConfiguration=1)
planar.PixelData = np.ascontiguousarray(rgb.transpose(2, 0, 1)).tobytes()
add("DICOM, RGB by planes", written(planar), windowed(written(planar)), peer="pydicom")
flat = np.zeros((height, width), np.uint16)
flat[3:6] = 4000
run_lengths("RLE, 8 bits", grey)
run_lengths("RLE, 12 bits", flat, bits=12, **window)
run_lengths("RLE, RGB", rgb, photometric="RGB")
run_lengths("RLE, the second of four frames", several, frames=4, frame=1)
jpeg_grey = saved(Image.fromarray(smooth), "JPEG", quality=95)
dicom("JPEG Baseline", smooth, syntax=JPEGBaseline8Bit, compressed=encapsulate([jpeg_grey]), WindowCenter=130.3, WindowWidth=101)
dicom(
    "JPEG Baseline, the second of two frames",
    np.stack([smooth, smooth]),
    syntax=JPEGBaseline8Bit,
    frames=2,
    frame=1,
    compressed=encapsulate([jpeg_grey, saved(Image.fromarray(smooth[::-1]), "JPEG", quality=95)]),
)
groups = Dataset()
transform, voi = Dataset(), Dataset()
transform.RescaleSlope, transform.RescaleIntercept, transform.RescaleType = 2, -100, "US"
voi.WindowCenter, voi.WindowWidth = 3000.4, 2001
groups.PixelValueTransformationSequence = Sequence([transform])
groups.FrameVOILUTSequence = Sequence([voi])
dicom("enhanced, with shared functional groups", wide, bits=12, SharedFunctionalGroupsSequence=Sequence([groups]))

whole = written(dataset(wide, bits=12))
for name, data in {
    "cut off": whole[:-50],
    "cut off among its elements": whole[:300],
    "JPEG 2000": written(dataset(grey, syntax=JPEG2000Lossless, compressed=encapsulate([b"\xff\x4f\xff\x51"]))),
    "JPEG Lossless": written(dataset(grey, syntax=JPEGLosslessSV1, compressed=encapsulate([b"\xff\xd8\xff\xc3"]))),
    "palette": written(dataset(grey, photometric="PALETTE COLOR")),
    "32 bits": written(dataset(grey.astype(np.uint32))),
    "no rows": written(dataset(grey, Rows=0)),
    "window of no width": written(dataset(wide, bits=12, WindowCenter=5, WindowWidth=0)),
    "high bit elsewhere": written(dataset(wide, bits=12, HighBit=15)),
    "RLE that is none": written(dataset(grey, syntax=RLELossless, compressed=encapsulate([bytes(80)]))),
    "JPEG of another size": written(dataset(grey, syntax=JPEGBaseline8Bit, compressed=encapsulate([jpeg_grey]))),
}.items():
    add(f"DICOM, {name}", data, refused="ERR_BAD_DATA")
nothing = dataset(grey)
del nothing.PixelData
add("DICOM without pixels", written(nothing), refused="ERR_BAD_DATA")
add("DICOM, a frame that it lacks", written(dataset(several, frames=4)), refused="ERR_BAD_DATA", frame=4)
bomb = written(dataset(grey, Rows=60000, Columns=60000))
add("DICOM that claims 3.6e9 pixels", bomb, refused="ERR_TOO_LARGE")

# --- NIfTI, by nibabel -----------------------------------------------------------------------------------------------


def volume(name, values, frame=None, kind=nibabel.Nifti1Image, gz=False, cal=None, slope=None, big=False):
    image = kind(values, np.eye(4))
    if slope:
        image.header.set_slope_inter(*slope)
    if cal:
        image.header["cal_min"], image.header["cal_max"] = cal
    if big:
        image = kind(values, np.eye(4), image.header.as_byteswapped(">"))
    data = image.to_bytes()
    read = nibabel.Nifti2Image.from_bytes(data) if kind is nibabel.Nifti2Image else nibabel.Nifti1Image.from_bytes(data)
    stored = read.get_fdata()
    k = stored.shape[2] // 2 if frame is None else frame
    plane = np.rot90(stored[:, :, k])
    low, high = cal or (stored.min(), stored.max())
    result = half_up(np.clip((plane - low) / (high - low), 0, 1) * 255)
    import gzip

    add(f"NIfTI, {name}", gzip.compress(data, mtime=0) if gz else data, result, peer="nibabel", **({} if frame is None else {"frame": frame}))


cube = rng.integers(-500, 900, (9, 7, 5), np.int16)
volume("the middle slice", cube)
volume("a slice", cube, frame=4)
volume("gzip", cube, gz=True)
volume("floats", cube.astype(np.float32) / 7, frame=1)
volume("cal_min and cal_max", cube, cal=(-200, 301))
volume("NIfTI-2", cube, kind=nibabel.Nifti2Image)
volume("big-endian", cube, big=True)
packed = nibabel.Nifti1Image(cube, np.eye(4)).to_bytes()
add("NIfTI, cut off", packed[:-100], refused="ERR_BAD_DATA")
add("NIfTI, complex", nibabel.Nifti1Image(cube.astype(np.complex64), np.eye(4)).to_bytes(), refused="ERR_BAD_DATA")
add("NIfTI, a slice that it lacks", packed, refused="ERR_BAD_DATA", frame=5)
add("gzip, damaged", b"\x1f\x8b\x08\x00" + bytes(30), refused="ERR_BAD_DATA")

peers = {"Pillow": PIL.__version__, "pydicom": pydicom.__version__, "nibabel": nibabel.__version__, "numpy": np.__version__}
json.dump({"peers": peers, "cases": cases}, sys.stdout, indent=1)
print()
