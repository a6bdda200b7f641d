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
    pub(crate) voice: Color32,
    pub(crate) background: Color32,
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
    quiet: Color32::from_rgb(0x64, 0x70, 0x79),
    voice: Color32::from_rgb(0xd6, 0x77, 0x0c),
    background: Color32::from_rgb(0x1f, 0x7a, 0xb5),
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
        visuals.widgets.hovered = widget(mix(self.raised, self.line, 0.6), clear);
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
