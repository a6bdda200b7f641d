//! Saved states of other versions.
//!
//! A state is JSON: `version` (of the plugin), `params` by id, and `fields`, each a text that is JSON
//! again. `fields.format` is the version of what is saved, 1 now; without it a state is of format 0,
//! in which the model was its bare name. A state of a later format is read as far as it is known:
//! unknown parameters and fields are left out.

use nice_plug::prelude::PluginState;

use crate::models::Wanted;

/// The format that this version writes.
pub(crate) const FORMAT: u32 = 1;

/// Brings a state to the present format.
pub(crate) fn migrate(state: &mut PluginState) {
    let format = state.fields.get("format").and_then(|f| f.parse().ok());
    if format.unwrap_or(0) == 0 {
        name_becomes_wanted(state);
    }
    // What is loaded will be saved in this version's format.
    state.fields.insert("format".into(), FORMAT.to_string());
}

fn name_becomes_wanted(state: &mut PluginState) {
    let Some(field) = state.fields.get_mut("model") else {
        return;
    };
    if let Ok(name) = serde_json::from_str::<String>(field) {
        let wanted = Wanted {
            name,
            ..Wanted::default()
        };
        if let Ok(text) = serde_json::to_string(&wanted) {
            *field = text;
        }
    }
}
