//! Pixels, rectangles and type.

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

use super::colour::{brightness, grey, palette};
use crate::DrawingError;

const REGULAR: &[u8] = include_bytes!("../../panel/fonts/Inter-Regular.otf");
const SEMIBOLD: &[u8] = include_bytes!("../../panel/fonts/Inter-SemiBold.otf");

/// Which edge of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Type {
    /// Height from the lowest to the highest letters, in pixels.
    pub(crate) size: f32,
    /// Bold rather than regular.
    pub(crate) bold: bool,
    /// From 0 (black) to 1 (white).
    pub(crate) brightness: f64,
}

/// A picture of palette colours, white at first.
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
    regular: FontRef<'static>,
    semibold: FontRef<'static>,
}

impl Canvas {
    /// A white canvas.
    pub(crate) fn new(width: usize, height: usize) -> Result<Self, DrawingError> {
        let font = |bytes| {
            FontRef::try_from_slice(bytes).map_err(|e| DrawingError::Picture(e.to_string()))
        };
        Ok(Self {
            width,
            height,
            pixels: vec![grey(1.0); width * height],
            regular: font(REGULAR)?,
            semibold: font(SEMIBOLD)?,
        })
    }

    /// One pixel; outside nothing happens.
    pub(crate) fn set(&mut self, x: usize, y: usize, colour: u8) {
        if x < self.width && y < self.height {
            self.pixels[y * self.width + x] = colour;
        }
    }

    /// A filled rectangle from its upper left corner.
    pub(crate) fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: u8) {
        for row in y..y + height {
            for column in x..x + width {
                self.set(column, row, colour);
            }
        }
    }

    /// One line of text on white, with its baseline at `y`.
    pub(crate) fn text(&mut self, text: &str, x: f32, y: f32, align: Align, style: Type) {
        let font = if style.bold {
            &self.semibold
        } else {
            &self.regular
        };
        let font = font.clone().into_scaled(PxScale::from(style.size));
        let mut pen = x - match align {
            Align::Left => 0.0,
            Align::Centre => width(&font, text) / 2.0,
            Align::Right => width(&font, text),
        };
        let mut last = None;
        for character in text.chars() {
            let id = font.glyph_id(character);
            pen += last.map_or(0.0, |last| font.kern(last, id));
            let glyph = id.with_scale_and_position(style.size, point(pen, y));
            if let Some(outline) = font.outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                outline.draw(|dx, dy, cover| {
                    let x = (corner.x + dx as f32) as usize;
                    let y = (corner.y + dy as f32) as usize;
                    self.ink(x, y, f64::from(cover), style.brightness);
                });
            }
            pen += font.h_advance(id);
            last = Some(id);
        }
    }

    /// Draws over a grey as far as the pixel is covered.
    fn ink(&mut self, x: usize, y: usize, cover: f64, ink: f64) {
        if x < self.width && y < self.height {
            let pixel = &mut self.pixels[y * self.width + x];
            *pixel = grey(brightness(*pixel) * (1.0 - cover) + ink * cover);
        }
    }

    /// As a PNG file.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, DrawingError> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette());
        encoder.set_compression(png::Compression::High);
        encoder
            .write_header()
            .and_then(|mut writer| {
                writer.write_image_data(&self.pixels)?;
                writer.finish()
            })
            .map_err(|e| DrawingError::Picture(e.to_string()))?;
        Ok(file)
    }
}

fn width<F: Font, S: ScaleFont<F>>(font: &S, text: &str) -> f32 {
    let ids: Vec<_> = text.chars().map(|c| font.glyph_id(c)).collect();
    let advances: f32 = ids.iter().map(|&id| font.h_advance(id)).sum();
    let kerning: f32 = ids.windows(2).map(|pair| font.kern(pair[0], pair[1])).sum();
    advances + kerning
}
