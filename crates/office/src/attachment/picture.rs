//! Pictures: drawn anew, turned as they were held, made small enough for a page, without where and by whom they were
//! taken.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{
    DynamicImage, GenericImageView as _, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits,
    Rgba,
};
use model::FileKind;

use super::Refusal;

/// Longest side that is kept, in points: sharp on a page of A4.
const LONGEST: u32 = 2560;
/// Longest side of the small one.
const SMALL: u32 = 240;
/// Most millions of points that are drawn: the best cameras of telephones have fifty.
const MOST_MILLIONS: u64 = 64;
/// Longest side that is drawn: a panorama of a telephone has sixteen thousand.
const MOST_SIDE: u32 = 20_000;
/// Most bytes that drawing may take: five for each point, so that a photograph of the most points is drawn in three and a
/// drawing with transparency in four, while wide colours and a JPEG in passes have fewer points.
const MOST_MEMORY: u64 = MOST_MILLIONS * 5 * 1_000_000;
/// How faithful a photograph is kept, of 100.
const FAITHFUL: u8 = 85;

/// A picture made anew.
pub(super) struct Made {
    pub(super) bytes: Vec<u8>,
    pub(super) small: Vec<u8>,
}

/// The picture without anything that cannot be seen.
///
/// # Errors
/// [`Refusal::Broken`] and [`Refusal::ManyPixels`].
pub(super) fn remake(bytes: &[u8], kind: FileKind) -> Result<Made, Refusal> {
    let format = if kind == FileKind::Png { ImageFormat::Png } else { ImageFormat::Jpeg };
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|e| broken(&e))?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > MOST_SIDE {
        return Err(Refusal::LongSide { side: width.max(height), most: MOST_SIDE });
    }
    let points = u64::from(width) * u64::from(height);
    // A JPEG in passes is kept whole in sixteen bits for each colour until the last pass.
    let passes = if format == ImageFormat::Jpeg && is_in_passes(bytes) { 2 } else { 0 };
    let color = decoder.color_type();
    let each = u64::from(color.bytes_per_pixel()) + passes * u64::from(color.channel_count());
    let most = MOST_MILLIONS.min(MOST_MEMORY / each / 1_000_000);
    let millions = points.div_ceil(1_000_000);
    if millions > most {
        return Err(Refusal::ManyPixels { millions, most });
    }
    // How it was held is told by the file's own notes; where they cannot be read it stays as it is.
    let held = decoder.orientation().ok();
    let mut drawn = DynamicImage::from_decoder(decoder).map_err(|e| broken(&e))?;
    if drawn.width().max(drawn.height()) > LONGEST {
        // Each point is added to the one that it falls into: nothing is kept beside the small picture.
        drawn = drawn.thumbnail(LONGEST, LONGEST);
    }
    if let Some(held) = held {
        drawn.apply_orientation(held);
    }
    let small = drawn.thumbnail(SMALL.min(drawn.width()), SMALL.min(drawn.height()));
    Ok(Made {
        bytes: if kind == FileKind::Png { png(&drawn)? } else { jpeg(&drawn, FAITHFUL)? },
        small: jpeg(&small, FAITHFUL)?,
    })
}

/// Whether a JPEG is drawn in passes (SOF2, SOF6, SOF10 or SOF14 of ITU-T T.81, table B.1).
fn is_in_passes(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    while let [0xff, marker, tail @ ..] = rest {
        match marker {
            0xff => rest = rest.get(1..).unwrap_or_default(),
            0xc2 | 0xc6 | 0xca | 0xce => return true,
            // The picture itself begins.
            0xda => return false,
            _ => {
                let length = tail.first_chunk::<2>().map_or(0, |n| usize::from(u16::from_be_bytes(*n)));
                rest = tail.get(length.max(2)..).unwrap_or_default();
            }
        }
    }
    // What cannot be told is taken for the costlier.
    true
}

fn broken(_: &ImageError) -> Refusal {
    Refusal::Broken { why: "图片画不出来" }
}

fn png(drawn: &DynamicImage) -> Result<Vec<u8>, Refusal> {
    let plain = match drawn {
        DynamicImage::ImageLuma8(_)
        | DynamicImage::ImageLumaA8(_)
        | DynamicImage::ImageRgb8(_)
        | DynamicImage::ImageRgba8(_) => None,
        wide if wide.color().has_alpha() => Some(DynamicImage::ImageRgba8(wide.to_rgba8())),
        wide => Some(DynamicImage::ImageRgb8(wide.to_rgb8())),
    };
    let mut out = Vec::new();
    plain.as_ref().unwrap_or(drawn).write_with_encoder(PngEncoder::new(&mut out)).map_err(|e| broken(&e))?;
    Ok(out)
}

/// JPEG knows no transparency: what shows through is white, as on paper.
fn jpeg(drawn: &DynamicImage, quality: u8) -> Result<Vec<u8>, Refusal> {
    let opaque = if drawn.color().has_alpha() {
        let mut paper = image::RgbImage::new(drawn.width(), drawn.height());
        for (x, y, Rgba([r, g, b, a])) in drawn.pixels() {
            let over = |c: u8| {
                let a = u32::from(a);
                u8::try_from((u32::from(c) * a + 255 * (255 - a)) / 255).unwrap_or(u8::MAX)
            };
            paper.put_pixel(x, y, image::Rgb([over(r), over(g), over(b)]));
        }
        DynamicImage::ImageRgb8(paper)
    } else {
        DynamicImage::ImageRgb8(drawn.to_rgb8())
    };
    let mut out = Vec::new();
    opaque.write_with_encoder(JpegEncoder::new_with_quality(&mut out, quality)).map_err(|e| broken(&e))?;
    Ok(out)
}
