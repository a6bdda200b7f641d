//! Runs the panel without a window: a shell that plays a scene, and pictures of what is drawn.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its own part"
)]

mod raster;
mod scene;

pub use raster::Canvas;
#[allow(unused_imports, reason = "each test binary uses its own part")]
pub use scene::{Done, Stage};

use egui::{Context, Event, Modifiers, PointerButton, Pos2, RawInput, Rect, Vec2, pos2};
use limpid_panel::{Panel, install_fonts};

/// A panel in a window that only exists here, drawn at 60 frames a second.
pub struct Window {
    pub context: Context,
    pub panel: Panel,
    pub stage: Stage,
    pub size: Vec2,
    pub scale: f32,
    pub time: f64,
    pub modifiers: Modifiers,
    canvas: Canvas,
    events: Vec<Event>,
}

impl Window {
    pub fn new(stage: Stage, size: [f32; 2], scale: f32) -> Self {
        let context = Context::default();
        install_fonts(&context);
        let size = Vec2::from(size);
        Self {
            context,
            panel: Panel::new(),
            stage,
            size,
            scale,
            time: 0.0,
            modifiers: Modifiers::NONE,
            canvas: Canvas::new(size * scale),
            events: Vec::new(),
        }
    }

    /// One frame; gives the picture if `drawn`.
    pub fn frame(&mut self, drawn: bool) {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.size)),
            time: Some(self.time),
            events: std::mem::take(&mut self.events),
            focused: true,
            ..RawInput::default()
        };
        if let Some(viewport) = input.viewports.get_mut(&input.viewport_id) {
            viewport.native_pixels_per_point = Some(self.scale);
        }
        let mut output = self
            .context
            .run_ui(input, |ui| self.panel.show(ui, &mut self.stage));
        self.time += 1.0 / 60.0;
        self.canvas.learn(&output.textures_delta);
        output.textures_delta.clear();
        if drawn {
            let shapes = self
                .context
                .tessellate(output.shapes, output.pixels_per_point);
            self.canvas.draw(&shapes, output.pixels_per_point);
        }
    }

    pub fn frames(&mut self, count: usize) {
        for _ in 0..count {
            self.frame(false);
        }
    }

    /// Draws and gives the picture.
    pub fn picture(&mut self) -> &Canvas {
        self.frame(true);
        &self.canvas
    }

    pub fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Holds keys such as Shift from now on.
    pub fn hold(&mut self, modifiers: Modifiers) {
        self.modifiers = modifiers;
        self.event(Event::ModifiersChanged(modifiers));
        self.frame(false);
    }

    pub fn key(&mut self, key: egui::Key) {
        for pressed in [true, false] {
            self.event(Event::Key {
                key,
                physical_key: None,
                pressed,
                repeat: false,
                modifiers: self.modifiers,
            });
            self.frame(false);
        }
    }

    pub fn move_to(&mut self, x: f32, y: f32) {
        self.event(Event::PointerMoved(pos2(x, y)));
        self.frame(false);
    }

    pub fn button(&mut self, x: f32, y: f32, pressed: bool) {
        self.event(Event::PointerButton {
            pos: pos2(x, y),
            button: PointerButton::Primary,
            pressed,
            modifiers: self.modifiers,
        });
        self.frame(false);
    }

    pub fn click(&mut self, x: f32, y: f32) {
        self.move_to(x, y);
        self.button(x, y, true);
        self.button(x, y, false);
    }

    /// The lines of the menu that is open, from top to bottom.
    pub fn menu(&self) -> Vec<Rect> {
        self.context.viewport(|viewport| {
            let layers = viewport.prev_pass.widgets.layers();
            let menus = layers.filter(|(layer, _)| layer.order == egui::Order::Foreground);
            let mut lines: Vec<Rect> = menus
                .flat_map(|(_, widgets)| widgets)
                .filter(|w| w.sense.senses_click() && !w.sense.senses_drag())
                .map(|widget| widget.rect)
                // Not the menu as a whole.
                .filter(|rect| rect.height() < 100.0)
                .collect();
            lines.sort_by(|a, b| a.top().total_cmp(&b.top()));
            lines
        })
    }

    /// Opens a menu by its button and clicks on one of its lines, counted from the top and from 0.
    pub fn choose(&mut self, button: [f32; 2], line: usize) {
        self.click(button[0], button[1]);
        self.frames(20);
        let at = self.menu()[line].center();
        self.click(at.x, at.y);
        self.frames(20);
    }

    /// Turns the wheel by notches, upward for more than 0.
    pub fn wheel(&mut self, notches: f32) {
        self.event(Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: egui::vec2(0.0, notches),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: self.modifiers,
        });
        self.frames(60);
    }

    /// Drags in steps, as a hand does.
    pub fn drag(&mut self, from: [f32; 2], to: [f32; 2]) {
        self.move_to(from[0], from[1]);
        self.button(from[0], from[1], true);
        for step in 1..=20 {
            let share = step as f32 / 20.0;
            let at = |i: usize| from[i] + (to[i] - from[i]) * share;
            self.move_to(at(0), at(1));
        }
        self.button(to[0], to[1], false);
    }
}
