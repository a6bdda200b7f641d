//! Limpid's window: two faders, and between them one picture of what they separate.
//!
//! The panel knows no plugin format and no sound card. It draws what a [`Shell`] tells and reports
//! what the user does, as gestures that a host can record. Plugin and app show the same panel.
//!
//! One idea: the voice is amber, the background is blue, everywhere. Each fader is a vessel filled
//! as high as the user sets it; the light in it is the sound that comes through. The picture shows
//! both parts in their colours, as bright as the faders let them through.

mod fader;
mod footer;
mod header;
mod keys;
mod layout;
mod level;
mod menu;
mod notice;
mod picture;
mod shell;
mod strip;
mod theme;

use egui::{Rect, Ui};
use limpid_engine::meters::Pair;

pub use layout::{DEFAULT_SIZE, LARGEST_SIZE, SCALES, SMALLEST_SIZE};
pub use shell::{
    Appearance, Facts, ModelChoice, Notice, NoticeKind, Shell, Sound, ThemeChoice, Value,
};
pub use theme::install_fonts;

use layout::Layout;
use level::Meter;
use picture::Picture;
use theme::Theme;

/// The window's content, and what it remembers from one frame to the next.
#[derive(Default)]
pub struct Panel {
    meters: Pair<Meter>,
    picture: Picture,
    footer: footer::Footer,
    models: menu::ModelMenu,
    /// Since when nothing has moved, in seconds of the window's clock.
    still_since: Option<f64>,
    styled: Option<(bool, bool)>,
}

/// What every part of the window draws with.
struct Scene<'a> {
    shell: &'a mut dyn Shell,
    theme: &'static Theme,
    layout: Layout,
}

impl Panel {
    /// A panel that has seen nothing yet. [`install_fonts`] must have been called for the context.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Draws the panel into all of `ui` and passes on what the user does.
    pub fn show(&mut self, ui: &mut Ui, shell: &mut dyn Shell) {
        let theme = self.style(ui, shell.appearance().theme);
        let area = ui.max_rect();
        ui.painter().rect_filled(area, 0.0, theme.ground);
        // A window below the smallest size, which some hosts give, is cut off rather than crumpled.
        let area = Rect::from_min_size(area.min, area.size().max(SMALLEST_SIZE.into()));
        let mut scene = Scene {
            layout: Layout::new(area),
            theme,
            shell,
        };
        let moved = self.listen(ui, &mut scene);
        keys::global(ui, &mut scene);
        header::show(ui, &mut scene);
        self.picture.show(ui, &scene);
        strip::show(ui, &mut scene, strip::Side::Voice, &self.meters.voice);
        strip::show(
            ui,
            &mut scene,
            strip::Side::Background,
            &self.meters.background,
        );
        self.footer.show(ui, &mut scene, &mut self.models);
        notice::show(ui, &mut scene);
        self.schedule(ui, moved);
    }

    /// Takes in what has sounded since the last frame; tells whether anything moves.
    fn listen(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let seconds = ui.input(|i| i.stable_dt).min(0.1);
        let peaks = scene.shell.peaks();
        let sound = scene.shell.facts().sound;
        let mut moved = self.meters.voice.feed(peaks.voice, seconds);
        moved |= self.meters.background.feed(peaks.background, seconds);
        let controls = scene.shell.controls();
        let mut columns = false;
        while let Some(column) = scene.shell.column() {
            self.picture.push(&column, &controls);
            columns = true;
        }
        moved | columns | (sound == Sound::Missing)
    }

    /// Draws at full speed while something moves, and looks up now and then when nothing does.
    fn schedule(&mut self, ui: &Ui, moved: bool) {
        let now = ui.input(|i| i.time);
        if moved {
            self.still_since = None;
        }
        let since = *self.still_since.get_or_insert(now);
        let wait = if now - since < 0.5 { 1.0 / 60.0 } else { 0.1 };
        ui.ctx()
            .request_repaint_after(std::time::Duration::from_secs_f64(wait));
    }

    fn style(&mut self, ui: &mut Ui, choice: ThemeChoice) -> &'static Theme {
        let system_dark = ui.input(|i| i.raw.system_theme) != Some(egui::Theme::Light);
        let dark = match choice {
            ThemeChoice::Dark => true,
            ThemeChoice::Light => false,
            ThemeChoice::System => system_dark,
        };
        let theme = Theme::of(dark);
        if self.styled.replace((dark, true)) != Some((dark, true)) {
            theme.apply(ui.ctx());
            self.picture.repaint(theme);
            // What is drawn in this very frame uses the style that the ui was made with.
            ui.set_style(ui.ctx().global_style());
        }
        theme
    }
}

/// A rectangle without blur at its edges on any scale.
fn crisp(ui: &Ui, rect: Rect) -> Rect {
    use egui::emath::GuiRounding;
    rect.round_to_pixels(ui.pixels_per_point())
}
