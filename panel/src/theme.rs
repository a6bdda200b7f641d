//! Colours and type, in dark and in light.

use std::sync::Arc;

use egui::style::WidgetVisuals;
use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Stroke,
    TextStyle, Visuals,
};

/// The colours of one theme.
#[derive(Debug)]
pub(crate) struct Theme {
    pub(crate) dark: bool,
    /// Behind everything.
    pub(crate) ground: Color32,
    /// Behind the picture and in empty vessels.
    pub(crate) well: Color32,
    /// Menus and notices.
    pub(crate) raised: Color32,
    /// Lines that separate.
    pub(crate) line: Color32,
    pub(crate) text: Color32,
    /// Small print and labels.
    pub(crate) quiet: Color32,
    /// The parts in the picture, in their faders and wherever they are marked by colour alone.
    pub(crate) voice: Color32,
    pub(crate) background: Color32,
    /// The same for words, and for fields with words on them.
    pub(crate) voice_ink: Color32,
    pub(crate) background_ink: Color32,
    /// What is not as it should be.
    pub(crate) alarm: Color32,
    /// Text on a field of a part's colour.
    pub(crate) on_colour: Color32,
}

static DARK: Theme = Theme {
    dark: true,
    ground: Color32::from_rgb(0x10, 0x16, 0x1c),
    well: Color32::from_rgb(0x0a, 0x0e, 0x13),
    raised: Color32::from_rgb(0x1b, 0x24, 0x2d),
    line: Color32::from_rgb(0x2a, 0x35, 0x40),
    text: Color32::from_rgb(0xee, 0xf2, 0xf4),
    quiet: Color32::from_rgb(0x8c, 0x9b, 0xa8),
    voice: Color32::from_rgb(0xff, 0xbe, 0x5c),
    background: Color32::from_rgb(0x4d, 0xa3, 0xd9),
    voice_ink: Color32::from_rgb(0xff, 0xbe, 0x5c),
    background_ink: Color32::from_rgb(0x4d, 0xa3, 0xd9),
    alarm: Color32::from_rgb(0xff, 0x7a, 0x66),
    on_colour: Color32::from_rgb(0x10, 0x16, 0x1c),
};

static LIGHT: Theme = Theme {
    dark: false,
    ground: Color32::from_rgb(0xf7, 0xf5, 0xf1),
    well: Color32::from_rgb(0xff, 0xff, 0xff),
    raised: Color32::from_rgb(0xff, 0xff, 0xff),
    line: Color32::from_rgb(0xdd, 0xd9, 0xd1),
    text: Color32::from_rgb(0x1b, 0x23, 0x2a),
    quiet: Color32::from_rgb(0x5c, 0x68, 0x71),
    voice: Color32::from_rgb(0xcc, 0x71, 0x09),
    background: Color32::from_rgb(0x1f, 0x7a, 0xb5),
    voice_ink: Color32::from_rgb(0xa3, 0x57, 0x00),
    background_ink: Color32::from_rgb(0x1b, 0x6c, 0xa0),
    alarm: Color32::from_rgb(0xc2, 0x3a, 0x28),
    on_colour: Color32::from_rgb(0xff, 0xff, 0xff),
};

/// The three weights. The first is egui's own proportional family, so menus use it too.
pub(crate) fn regular(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

pub(crate) fn medium(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("medium".into()))
}

pub(crate) fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("semibold".into()))
}

/// Gives the context the panel's fonts; once for each context, before the first frame.
pub fn install_fonts(context: &Context) {
    let files: [(&str, &'static [u8]); 3] = [
        ("regular", include_bytes!("../fonts/Inter-Regular.otf")),
        ("medium", include_bytes!("../fonts/Inter-Medium.otf")),
        ("semibold", include_bytes!("../fonts/Inter-SemiBold.otf")),
    ];
    let mut fonts = FontDefinitions::empty();
    for (name, bytes) in files {
        let data = Arc::new(FontData::from_static(bytes));
        fonts.font_data.insert(name.to_owned(), data);
        let family = FontFamily::Name(name.into());
        fonts.families.insert(family, vec![name.to_owned()]);
    }
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts.families.insert(family, vec!["regular".to_owned()]);
    }
    context.set_fonts(fonts);
}

impl Theme {
    pub(crate) fn of(dark: bool) -> &'static Self {
        if dark { &DARK } else { &LIGHT }
    }

    /// Where the pointer is, in a menu.
    pub(crate) fn hovered(&self) -> Color32 {
        mix(self.raised, self.line, 0.6)
    }

    /// The marks of a fader's scale.
    pub(crate) fn scale(&self) -> Color32 {
        mix(self.ground, self.quiet, 0.75)
    }

    /// The light in a fader of this colour: paler on a dark ground, where it glows.
    pub(crate) fn light(&self, colour: Color32) -> Color32 {
        mix(self.well, colour, if self.dark { 0.82 } else { 0.95 })
    }

    /// Makes egui's own parts (menus, text fields) look as the rest does.
    pub(crate) fn apply(&self, context: &Context) {
        let mut visuals = if self.dark {
            Visuals::dark()
        } else {
            Visuals::light()
        };
        visuals.override_text_color = Some(self.text);
        visuals.panel_fill = self.ground;
        visuals.window_fill = self.raised;
        visuals.window_stroke = Stroke::new(1.0, self.line);
        visuals.menu_corner_radius = CornerRadius::same(10);
        visuals.extreme_bg_color = self.well;
        visuals.selection.bg_fill = self.line;
        visuals.selection.stroke = Stroke::new(1.0, self.text);
        let widget = |fill: Color32, line: Color32| WidgetVisuals {
            bg_fill: fill,
            weak_bg_fill: fill,
            bg_stroke: Stroke::new(1.0, line),
            corner_radius: CornerRadius::same(6),
            fg_stroke: Stroke::new(1.0, self.text),
            expansion: 0.0,
        };
        let clear = Color32::TRANSPARENT;
        visuals.widgets.noninteractive = widget(clear, self.line);
        // The edge shows a text field; the panel's own buttons draw themselves.
        visuals.widgets.inactive = widget(clear, self.line);
        visuals.widgets.hovered = widget(self.hovered(), clear);
        visuals.widgets.active = widget(self.line, clear);
        visuals.widgets.open = widget(self.line, clear);
        let preference = if self.dark {
            egui::ThemePreference::Dark
        } else {
            egui::ThemePreference::Light
        };
        context.set_theme(preference);
        context.all_styles_mut(|style| {
            style.visuals = visuals.clone();
            style.text_styles = [
                (TextStyle::Small, regular(11.0)),
                (TextStyle::Body, regular(13.0)),
                (TextStyle::Button, regular(13.0)),
                (TextStyle::Heading, semibold(17.0)),
                (TextStyle::Monospace, regular(13.0)),
            ]
            .into();
            style.spacing.button_padding = egui::vec2(8.0, 4.0);
            style.spacing.item_spacing = egui::vec2(8.0, 3.0);
            style.spacing.menu_margin = egui::Margin::same(8);
            style.interaction.selectable_labels = false;
        });
    }
}

/// `a` with a `share` of `b`.
pub(crate) fn mix(a: Color32, b: Color32, share: f32) -> Color32 {
    let share = share.clamp(0.0, 1.0);
    let channel = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round();
    Color32::from_rgb(
        channel(a.r(), b.r()) as u8,
        channel(a.g(), b.g()) as u8,
        channel(a.b(), b.b()) as u8,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a colour, from 0 to 1, as WCAG 2.2 defines it.
    fn luminance(colour: Color32) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        };
        let [r, g, b] = [colour.r(), colour.g(), colour.b()].map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// From 1 to 21, as WCAG 2.2 defines it.
    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn each_is_at_least(least: f64, pairs: &[(&str, Color32, Color32)], dark: bool) {
        for (what, ink, ground) in pairs {
            let contrast = contrast(*ink, *ground);
            assert!(contrast >= least, "{what}, dark: {dark}: {contrast:.2}");
        }
    }

    /// WCAG 2.2, 1.4.3: 4.5 to 1 for text of these sizes.
    #[test]
    fn text_stands_out_from_its_ground_in_both_themes() {
        for theme in [&DARK, &LIGHT] {
            let half_hovered = mix(theme.ground, theme.line, 0.5);
            let pairs = [
                ("text", theme.text, theme.ground),
                ("text in a menu", theme.text, theme.hovered()),
                ("text of a button", theme.text, half_hovered),
                ("small print", theme.quiet, theme.ground),
                ("small print in the picture", theme.quiet, theme.well),
                ("small print in a menu", theme.quiet, theme.hovered()),
                ("alarm", theme.alarm, theme.ground),
                ("the voice", theme.voice_ink, theme.ground),
                ("the background", theme.background_ink, theme.ground),
                ("solo of the voice", theme.on_colour, theme.voice_ink),
                (
                    "solo of the background",
                    theme.on_colour,
                    theme.background_ink,
                ),
                ("link", theme.on_colour, theme.quiet),
                ("bypass", theme.on_colour, theme.alarm),
            ];
            each_is_at_least(4.5, &pairs, theme.dark);
        }
    }

    /// WCAG 2.2, 1.4.11: 3 to 1 for what is told by a mark.
    #[test]
    fn marks_stand_out_from_their_ground_in_both_themes() {
        for theme in [&DARK, &LIGHT] {
            let pairs = [
                ("handle of the voice", theme.voice, theme.ground),
                ("handle of the background", theme.background, theme.ground),
                ("level of the voice", theme.light(theme.voice), theme.well),
                (
                    "level of the background",
                    theme.light(theme.background),
                    theme.well,
                ),
                (
                    "the current line of a menu",
                    theme.voice_ink,
                    theme.hovered(),
                ),
                ("scale", theme.scale(), theme.ground),
                ("0 dB", theme.quiet, theme.ground),
                ("bar of a warning", theme.alarm, theme.raised),
                ("focus", theme.voice_ink, theme.ground),
                ("focus", theme.background_ink, theme.ground),
            ];
            each_is_at_least(3.0, &pairs, theme.dark);
        }
    }
}
