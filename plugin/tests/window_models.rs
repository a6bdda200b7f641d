//! The window where models are chosen and where something is wrong with them, in a host of each format.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]
#![cfg(target_os = "linux")]

mod host;

use std::path::{Path, PathBuf};
use std::time::Duration;

use host::desk::{instance, on_a_display, play, run_case, until, until_at_rest};
use host::screen::{Screen, save};
use host::{Bundle, Clap, Host, Play, Vst3, blocks, error_db, fixture, in_both_hosts, noise};

in_both_hosts!(
    a_model_is_chosen_in_the_dialog_of_the_system,
    the_window_says_what_is_missing_and_what_is_refused,
);

fn a_model_is_chosen_in_the_dialog_of_the_system<H: Host>() {
    on_a_display::<H>("browsed");
}

fn the_window_says_what_is_missing_and_what_is_refused<H: Host>() {
    on_a_display::<H>("told");
}

#[test]
#[ignore = "run by the others, each on a display of its own"]
fn a_case() {
    run_case(run::<Clap>, run::<Vst3>);
}

fn run<H: Host>(case: &str) {
    match case {
        "browsed" => browsed::<H>(),
        "told" => told::<H>(),
        other => panic!("no case {other}"),
    }
}

fn browsed<H: Host>() {
    let screen = Screen::new();
    let mut host: H = instance("browsed", Play::real_time(48_000, 512));
    host.open_window(screen.window);
    std::thread::sleep(Duration::from_secs(1));
    // The menu covers the voice's fader, which is amber.
    let menu_is_open = || {
        let [r, _, b] = screen.picture(720, 440)[720 * 300 + 45];
        i32::from(r) < i32::from(b) + 20
    };
    // A click of which the window sees the halves a second apart is none to it.
    let click_until = |host: &mut H, (x, y), failure: &str, so: &dyn Fn() -> bool| {
        let mut waited = 0;
        until(host, failure, |_| {
            if waited % 15 == 0 {
                screen.click(x, y);
            }
            waited += 1;
            so()
        });
    };
    let browse = |host: &mut H| {
        until(host, "no window", |_| !menu_is_open());
        click_until(host, (60, 410), "no menu", &menu_is_open);
        click_until(host, (100, 316), "the menu stays", &|| !menu_is_open());
    };
    // Without any dialog the window says so.
    browse(&mut host);
    until(&mut host, "no notice", |_| {
        screen.shows_a_warning::<H>("no-dialog.png")
    });

    answer(&fixture("identity_k1"));
    browse(&mut host);
    until(&mut host, "nothing was chosen", |host| {
        wanted(host).contains("identity_k1.onnx")
    });
    until(&mut host, "it was not taken", gives_the_input_back);
    save::<H>("chosen.png", &screen.picture(720, 440), 720, 440);
    let (chosen, latency) = (wanted(&mut host), host.latency());

    // A file that is no model: the one before is what plays and what would be saved.
    let broken = programs().join("broken.onnx");
    std::fs::write(&broken, b"no model").expect("a file");
    answer(&broken);
    browse(&mut host);
    until(&mut host, "no notice", |_| {
        screen.shows_a_warning::<H>("refused-by-choice.png")
    });
    until(&mut host, "the session wants what was refused", |host| {
        wanted(host) == chosen
    });
    assert!(gives_the_input_back(&mut host));
    assert_eq!(host.latency(), latency);

    // A model of another latency, chosen while the host does not play: the window asks for the activation.
    answer(&fixture("waveform_identity"));
    until(&mut host, "the menu is open", |_| !menu_is_open());
    click_until(&mut host, (60, 410), "no menu", &menu_is_open);
    let (mut waited, mut asked) = (0, 0);
    host.restarts();
    until_at_rest(&mut host, "the menu stays", |_| {
        if waited % 15 == 0 {
            screen.click(100, 316);
        }
        waited += 1;
        !menu_is_open()
    });
    until_at_rest(&mut host, "nothing was asked for", |host| {
        asked += host.restarts();
        wanted(host).contains("waveform_identity.onnx") && asked > 0
    });
    assert!(gives_the_input_back(&mut host));
    assert_eq!(host.latency(), latency);
    let play = host.play();
    host.reactivate(play);
    assert_ne!(host.latency(), latency);
    assert!(gives_the_input_back(&mut host));
    host.close_window();
}

/// What the session would say of its model.
fn wanted<H: Host>(host: &mut H) -> String {
    let json = host.json();
    json["fields"]["model"].as_str().expect("a text").to_owned()
}

/// The folder in which a case finds programs.
fn programs() -> PathBuf {
    std::env::var_os("PATH").expect("a folder").into()
}

/// What the user chooses in the dialog from now on: zenity's part is to print it.
fn answer(model: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let program = programs().join("zenity");
    let script = format!("#!/bin/sh\necho {}\n", model.display());
    std::fs::write(&program, script).expect("a program");
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("a program");
}

/// Whether a model plays to which everything is voice: with the background silent the shipped one would
/// leave little of noise.
fn gives_the_input_back<H: Host>(host: &mut H) -> bool {
    let latency = host.latency();
    let input = noise(1, 24_000);
    let (length, block) = (input.len(), host.play().longest);
    let played = host.run(&[input.clone(), input.clone()], &[], blocks(block));
    // What is still on its way from before, and a model's way in.
    let from = 3 * latency;
    error_db(&played[0][from..], &input[from - latency..length - latency]) < -60.0
}

/// A state that asks for the model in a file.
fn wanting(model: &Path) -> String {
    let wanted = serde_json::json!({ "name": "own", "path": model }).to_string();
    serde_json::json!({"version": "0.1.0", "params": {}, "fields": {"format": "1", "model": wanted}})
        .to_string()
}

fn told<H: Host>() {
    let screen = Screen::new();
    let real_time = Play::real_time(48_000, 512);
    let shows = |host: &mut H, name: &str| {
        host.open_window(screen.window);
        // A slow machine may take its time to draw.
        let shown = (0..20).any(|_| {
            play(host, 0.5);
            screen.shows_a_warning::<H>(name)
        });
        host.close_window();
        shown
    };
    let bundle = Bundle::without_library(H::FORMAT, "told-no-library");
    let mut host = H::new(&H::load(&bundle.plugin), real_time);
    assert!(shows(&mut host, "no-library.png"));
    drop(host);

    let bundle = Bundle::new(H::FORMAT, "told-no-model");
    std::fs::remove_dir_all(bundle.data.join("models")).expect("a folder to remove");
    let mut host = H::new(&H::load(&bundle.plugin), real_time);
    assert!(shows(&mut host, "no-model.png"));
    drop(host);

    let bundle = Bundle::new(H::FORMAT, "told");
    let library = H::load(&bundle.plugin);
    let mut host = H::new(&library, real_time);
    host.deactivate();
    assert!(host.restore_json(&wanting(Path::new("/nowhere/own.onnx"))));
    host.activate();
    assert!(shows(&mut host, "gone.png"));

    // While it plays: a file that is no model, and a model of another latency.
    let mut host = H::new(&library, real_time);
    let refused = bundle.data.join("refused.onnx");
    std::fs::write(&refused, b"no model").expect("a file");
    assert!(host.restore_json(&wanting(&refused)));
    assert!(shows(&mut host, "refused.png"));
    let mut host = H::new(&library, real_time);
    assert!(host.restore_json(&wanting(&fixture("waveform_identity"))));
    assert!(shows(&mut host, "other-latency.png"));
}
