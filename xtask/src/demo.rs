//! `cargo xtask demo`: the program at work on the recordings in `assets/demo`.
//!
//! Everything that is printed is measured in this run; nothing is kept from an earlier one.

mod measure;
mod sound;

use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::process::{command, run};
use crate::project::{self, relative};
use crate::setup;

use self::measure::{Pauses, a_weighted, level_db, si_sdr_db};
use self::sound::Sound;

use limpid_drawing::{Column, PANEL_WIDTH, Spectrogram, draw, frequencies};

/// A recording of the demo.
struct Recording {
    /// File in `assets/demo`, without `.wav`.
    name: &'static str,
    /// What it is, for the picture.
    title: &'static str,
    /// The voice without the noise, where there is one.
    clean: Option<&'static str>,
}

const RECORDINGS: [Recording; 2] = [
    Recording {
        name: "real",
        title: "A real recording, with hiss",
        clean: None,
    },
    Recording {
        name: "mixture",
        title: "A mixture of voice, wind and sea",
        clean: Some("mixture-clean"),
    },
];

/// Sets up, builds, enhances, measures and draws.
pub fn run_all() -> Result<(), Failure> {
    setup::run()?;
    println!("Building limpid");
    run(&mut command(
        "cargo",
        &["build", "--quiet", "--release", "--package", "limpid"],
    ))?;
    let target = project::target().map_err(Failure::file("target"))?;
    let program = target
        .join("release")
        .join(format!("limpid{}", std::env::consts::EXE_SUFFIX));
    let folder = target.join("demo");
    fs::create_dir_all(&folder).map_err(Failure::file(&folder))?;

    let mut columns = Vec::new();
    for recording in &RECORDINGS {
        columns.push(enhance(&program, recording, &folder)?);
    }
    let picture = folder.join("demo.png");
    draw(&columns, &picture)?;
    println!(
        "\nTo hear: the files named above. To see: {}",
        relative(&picture).display()
    );
    Ok(())
}

/// Runs the program on one recording, prints what it says and what is measured.
fn enhance(program: &Path, recording: &Recording, folder: &Path) -> Result<Column, Failure> {
    let asset = |name: &str| {
        project::root()
            .join("assets/demo")
            .join(format!("{name}.wav"))
    };
    let input = asset(recording.name);
    let part = |solo: &str| folder.join(format!("{}-{solo}.wav", recording.name));
    println!("\n{}", relative(&input).display());
    for solo in ["voice", "background"] {
        split(program, &input, solo, &part(solo))?;
    }
    let (before, after) = (Sound::read(&input)?, Sound::read(&part("voice"))?);
    let clean = recording
        .clean
        .map(|name| Sound::read(&asset(name)))
        .transpose()?;

    let pauses = Pauses::of(&a_weighted(clean.as_ref().unwrap_or(&before))?);
    println!(
        "  noise in pauses: {} dBFS before, {} dBFS after (A-weighted, in {:.1} s of pauses)",
        level_db(pauses.in_sound(&a_weighted(&before)?)),
        level_db(pauses.in_sound(&a_weighted(&after)?)),
        pauses.seconds(),
    );
    if let Some(clean) = &clean {
        println!(
            "  SI-SDR: {:.1} dB before, {:.1} dB after",
            si_sdr_db(&clean.samples, &before.samples),
            si_sdr_db(&clean.samples, &after.samples)
        );
    }
    let frequencies = frequencies();
    let levels =
        |sound: &Sound| Spectrogram::of(&sound.samples, sound.rate, PANEL_WIDTH, &frequencies);
    let background = Sound::read(&part("background"))?;
    Ok(Column {
        title: recording.title.to_owned(),
        seconds: before.seconds(),
        panels: [levels(&before), levels(&after), levels(&background)],
    })
}

fn split(program: &Path, input: &Path, solo: &str, output: &Path) -> Result<(), Failure> {
    let program = program.to_string_lossy();
    let mut enhance = command(
        &program,
        &["enhance", "--force", "--solo", solo, "--output"],
    );
    run(enhance.arg(relative(output)).arg(relative(input)))
}
