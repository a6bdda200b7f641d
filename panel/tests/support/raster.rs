//! Draws what egui has tessellated, on the processor: triangles with one texture each, premultiplied
//! colours. Slow and plain; it only has to show what a graphics card would.

use std::collections::HashMap;
use std::path::Path;

use egui::epaint::{ClippedPrimitive, ImageData, Primitive, Vertex};
use egui::{Color32, Rect, TextureId, TexturesDelta, Vec2};

struct Texture {
    width: usize,
    height: usize,
    pixels: Vec<Color32>,
}

pub struct Canvas {
    pub width: usize,
    pub height: usize,
    /// Premultiplied RGB, 0 to 1.
    pixels: Vec<[f32; 3]>,
    textures: HashMap<TextureId, Texture>,
}

impl Canvas {
    pub fn new(size: Vec2) -> Self {
        let (width, height) = (size.x.round() as usize, size.y.round() as usize);
        Self {
            width,
            height,
            pixels: vec![[0.0; 3]; width * height],
            textures: HashMap::new(),
        }
    }

    /// Takes over the textures that have changed.
    pub fn learn(&mut self, delta: &TexturesDelta) {
        let changes = delta
            .set
            .iter()
            .flat_map(|(id, all)| all.iter().map(move |one| (id, one)));
        for (id, change) in changes {
            let ImageData::Color(image) = &change.image;
            let [width, height] = image.size;
            let Some([left, top]) = change.pos else {
                let texture = Texture {
                    width,
                    height,
                    pixels: image.pixels.clone(),
                };
                self.textures.insert(*id, texture);
                continue;
            };
            let texture = self
                .textures
                .get_mut(id)
                .expect("a part of a known texture");
            for (row, pixels) in image.pixels.chunks_exact(width).enumerate() {
                let start = (top + row) * texture.width + left;
                texture.pixels[start..start + width].copy_from_slice(pixels);
            }
        }
    }

    pub fn draw(&mut self, shapes: &[ClippedPrimitive], scale: f32) {
        self.pixels.fill([0.0; 3]);
        for shape in shapes {
            let Primitive::Mesh(mesh) = &shape.primitive else {
                continue;
            };
            let texture = self
                .textures
                .remove(&mesh.texture_id)
                .expect("a known texture");
            for triangle in mesh.indices.chunks_exact(3) {
                let corners = [0, 1, 2].map(|i| mesh.vertices[triangle[i] as usize]);
                self.triangle(corners, &texture, shape.clip_rect, scale);
            }
            self.textures.insert(mesh.texture_id, texture);
        }
    }

    fn triangle(&mut self, v: [Vertex; 3], texture: &Texture, clip: Rect, scale: f32) {
        let [a, b, c] = v.map(|v| (v.pos.to_vec2() * scale).to_pos2());
        let area = (b - a).x * (c - a).y - (b - a).y * (c - a).x;
        if area == 0.0 {
            return;
        }
        let bounds = Rect::from_points(&[a, b, c]).intersect(clip * scale);
        if bounds.width() <= 0.0 || bounds.height() <= 0.0 {
            return;
        }
        let clip_min = (clip * scale).min.round();
        let clip_max = (clip * scale).max.round();
        let left = bounds.min.x.floor().max(clip_min.x).max(0.0) as usize;
        let right = (bounds.max.x.ceil().min(clip_max.x) as usize).min(self.width);
        let top = bounds.min.y.floor().max(clip_min.y).max(0.0) as usize;
        let bottom = (bounds.max.y.ceil().min(clip_max.y) as usize).min(self.height);
        // The shared edge of two triangles belongs to one of them only.
        let inside = |w: f32, from: egui::Pos2, to: egui::Pos2| {
            let edge = (to - from) * area.signum();
            w > 0.0 || (w == 0.0 && (edge.y < 0.0 || (edge.y == 0.0 && edge.x > 0.0)))
        };
        for y in top..bottom {
            for x in left..right {
                let p = egui::pos2(x as f32 + 0.5, y as f32 + 0.5);
                let weight = |from: egui::Pos2, to: egui::Pos2| {
                    ((to - from).x * (p - from).y - (to - from).y * (p - from).x) / area
                };
                let (wa, wb, wc) = (weight(b, c), weight(c, a), weight(a, b));
                if !(inside(wa, b, c) && inside(wb, c, a) && inside(wc, a, b)) {
                    continue;
                }
                let weights = [wa, wb, wc];
                let u: f32 = weights.iter().zip(&v).map(|(w, v)| w * v.uv.x).sum();
                let t: f32 = weights.iter().zip(&v).map(|(w, v)| w * v.uv.y).sum();
                let colour = texture.sample(u, t);
                let ink = |i: usize| -> f32 {
                    let vertex: f32 = weights
                        .iter()
                        .zip(&v)
                        .map(|(w, v)| w * f32::from(v.color.to_array()[i]) / 255.0)
                        .sum();
                    vertex * colour[i]
                };
                let alpha = ink(3);
                let pixel = &mut self.pixels[y * self.width + x];
                for (i, under) in pixel.iter_mut().enumerate() {
                    *under = ink(i) + *under * (1.0 - alpha);
                }
            }
        }
    }

    /// Red, green and blue at a point of the picture, in pixels.
    pub fn at(&self, x: usize, y: usize) -> [u8; 3] {
        self.pixels[y * self.width + x].map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8)
    }

    pub fn save(&self, path: &Path) {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for pictures");
        let file = std::fs::File::create(path).expect("a picture");
        let mut encoder = png::Encoder::new(file, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let data: Vec<u8> = (0..self.width * self.height)
            .flat_map(|i| self.at(i % self.width, i / self.width))
            .collect();
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&data).expect("the picture");
    }
}

impl Texture {
    /// Bilinear, clamped at the edges.
    fn sample(&self, u: f32, v: f32) -> [f32; 4] {
        let x = (u * self.width as f32 - 0.5).clamp(0.0, self.width as f32 - 1.0);
        let y = (v * self.height as f32 - 0.5).clamp(0.0, self.height as f32 - 1.0);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = (
            (left + 1).min(self.width - 1),
            (top + 1).min(self.height - 1),
        );
        let (fx, fy) = (x.fract(), y.fract());
        let at = |x: usize, y: usize| self.pixels[y * self.width + x].to_array().map(f32::from);
        let (a, b, c, d) = (
            at(left, top),
            at(right, top),
            at(left, bottom),
            at(right, bottom),
        );
        std::array::from_fn(|i| {
            let upper = a[i] + (b[i] - a[i]) * fx;
            let lower = c[i] + (d[i] - c[i]) * fx;
            (upper + (lower - upper) * fy) / 255.0
        })
    }
}
