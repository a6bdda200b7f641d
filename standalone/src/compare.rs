//! `limpid compare`: a file and what was made of it, in figures and in a picture.
//!
//! Both are gone through side by side, twice: once to measure, once to draw, as the picture's scale
//! needs the length, which not every kind of file tells. Neither is ever held in memory.

mod picture;
mod tally;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::CompareArguments;
use crate::enhance::{Target, allowed};
use crate::failure::{Failure, Naming};
use crate::level::Levels;
use crate::say;
use crate::sound::Source;

use self::picture::Picture;
use self::tally::Tally;

/// The option that names the picture.
const NAMING: Naming = Naming::File("-p");
/// Frames that are read at once.
const BLOCK: usize = 1 << 14;

/// One row of the table.
type Figure = fn(&Side) -> Option<f64>;

/// What is printed with `--json`.
#[derive(Serialize)]
struct Record {
    seconds: f64,
    rate: u32,
    channels: usize,
    before: Side,
    after: Side,
    taken_away: Side,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
}

/// One of the three sounds.
#[derive(Debug, Clone, Copy, Serialize)]
struct Side {
    #[serde(flatten)]
    levels: Levels,
    /// RMS of all channels, dBFS; none for silence.
    rms_dbfs: Option<f64>,
    /// Highest sample, dBFS; none for silence.
    peak_dbfs: Option<f64>,
    /// Against the clean voice (Le Roux et al., "SDR - half-baked or well done?", ICASSP 2019), dB.
    #[serde(skip_serializing_if = "Option::is_none")]
    si_sdr_db: Option<f64>,
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be read, the two do not fit each other, or the picture cannot be written.
pub fn run(arguments: &CompareArguments) -> Result<(), Failure> {
    let picture = picture_path(arguments)?;
    let mut sounds = Sounds::open(arguments)?;
    let (rate, channels) = (sounds.rate, sounds.channels);
    let mut tallies = [(); 3].map(|()| Tally::new(rate, channels));
    let mut frames = 0;
    sounds.each(|[before, after, away], clean, came| {
        for (tally, planar) in tallies.iter_mut().zip([before, after, away]) {
            tally.add(planar, clean, channels, came);
        }
        frames += came;
    })?;
    if frames == 0 {
        return Err(Failure::Input {
            path: arguments.before.clone(),
            source: crate::sound::SoundError::Empty,
        });
    }
    let [before, after, taken_away] = tallies.map(|tally| tally.side());
    let record = Record {
        seconds: frames as f64 / f64::from(rate),
        rate,
        channels,
        before,
        after,
        taken_away,
        picture: picture.as_deref().map(|path| path.display().to_string()),
    };
    if let Some(path) = &picture {
        let mut drawing = Picture::new(rate, frames);
        Sounds::open(arguments)?.each(|planes, _, came| drawing.add(planes, channels, came))?;
        let title = match arguments.after.file_name() {
            Some(name) => name.to_string_lossy().into_owned(),
            None => String::new(),
        };
        keep(&drawing.encode(title)?, path, arguments)?;
    }
    if arguments.json {
        // Strings and numbers always have a form in JSON.
        say::line(&serde_json::to_string(&record).unwrap_or_default())
    } else {
        say::line(&table(&record))
    }
}

fn table(record: &Record) -> String {
    let sides = [&record.before, &record.after, &record.taken_away];
    let mut text = format!(
        "{:.2} s, {} Hz, {} channels\n\n{:24}{:>10}{:>10}{:>12}",
        record.seconds, record.rate, record.channels, "", "before", "after", "taken away"
    );
    let rows: [(&str, Figure); 5] = [
        ("loudness, LUFS", |side| side.levels.loudness_lufs),
        ("noise floor, dBFS", |side| side.levels.noise_floor_dbfs),
        ("level (RMS), dBFS", |side| side.rms_dbfs),
        ("highest sample, dBFS", |side| side.peak_dbfs),
        ("SI-SDR, dB", |side| side.si_sdr_db),
    ];
    for (name, figure) in rows {
        let figures = sides.map(figure);
        if name.starts_with("SI-SDR") && figures.iter().all(Option::is_none) {
            continue;
        }
        text += &format!("\n{name:24}");
        for (figure, width) in figures.into_iter().zip([10, 10, 12]) {
            let shown = figure.map_or_else(|| "-".to_owned(), |db| format!("{db:.1}"));
            text += &format!("{shown:>width$}");
        }
    }
    if let Some(picture) = &record.picture {
        text += &format!("\n\n{picture}");
    }
    text
}

/// Where the picture goes; made sure of ahead of the work.
fn picture_path(arguments: &CompareArguments) -> Result<Option<PathBuf>, Failure> {
    if arguments.no_picture {
        return Ok(None);
    }
    let path = arguments
        .picture
        .clone()
        .unwrap_or_else(|| arguments.after.with_extension("png"));
    let clean = arguments.clean.as_ref();
    for input in [&arguments.before, &arguments.after]
        .into_iter()
        .chain(clean)
    {
        match allowed(input, &path, arguments.force, NAMING) {
            // A device, such as /dev/null, takes a picture and is still there.
            Err(Failure::OutputIsSpecial(..)) if arguments.force => {}
            other => drop(other?),
        }
    }
    Ok(Some(path))
}

/// Gives the picture its name once it is whole: the one that was there is there until then.
fn keep(picture: &[u8], path: &Path, arguments: &CompareArguments) -> Result<(), Failure> {
    let failed = |source: io::Error| Failure::Output {
        path: path.to_owned(),
        source,
    };
    match Target::new(&arguments.before, path, arguments.force, NAMING) {
        Ok(target) => {
            target.writer().write_all(picture).map_err(failed)?;
            target.keep(arguments.force, NAMING)
        }
        Err(Failure::OutputIsSpecial(..)) if arguments.force => {
            fs::write(path, picture).map_err(failed)
        }
        Err(failure) => Err(failure),
    }
}

/// The sounds side by side.
struct Sounds<'a> {
    paths: [&'a Path; 2],
    before: Source,
    after: Source,
    clean: Option<(&'a Path, Source)>,
    rate: u32,
    channels: usize,
}

impl<'a> Sounds<'a> {
    fn open(arguments: &'a CompareArguments) -> Result<Self, Failure> {
        let open = |path: &'a Path| {
            if path.is_dir() {
                return Err(Failure::InputIsFolder(path.to_owned()));
            }
            // Nor is anything else gone through twice that is no file.
            if path == Path::new("-") || path.metadata().is_ok_and(|m| !m.is_file()) {
                return Err(Failure::InputOnce(path.to_owned()));
            }
            Source::open(path, None).map_err(|source| Failure::Input {
                path: path.to_owned(),
                source,
            })
        };
        let (before, after) = (open(&arguments.before)?, open(&arguments.after)?);
        let clean = arguments.clean.as_deref();
        let clean = clean
            .map(|path| open(path).map(|s| (path, s)))
            .transpose()?;
        let (rate, channels) = (before.form().rate, before.form().channels);
        let others = [Some((arguments.after.as_path(), &after))]
            .into_iter()
            .chain([clean.as_ref().map(|(path, source)| (*path, source))]);
        for (path, source) in others.flatten() {
            let form = source.form();
            if (form.rate, form.channels) != (rate, channels) {
                return Err(Failure::OtherForm {
                    first: arguments.before.clone(),
                    second: path.to_owned(),
                });
            }
        }
        Ok(Self {
            paths: [&arguments.before, &arguments.after],
            before,
            after,
            clean,
            rate,
            channels,
        })
    }

    /// Hands over block after block: before, after and their difference (planar), the clean voice
    /// (empty where there is none), and how many frames.
    fn each(&mut self, mut take: impl FnMut([&[f32]; 3], &[f32], usize)) -> Result<(), Failure> {
        let mut planes = [(); 4].map(|()| vec![0.0; BLOCK * self.channels]);
        loop {
            let [before, after, away, clean] = &mut planes;
            let [first, second] = self.paths;
            let came = read(&mut self.before, first, before)?;
            let others = [Some((second, &mut self.after, &mut *after))]
                .into_iter()
                .chain([self
                    .clean
                    .as_mut()
                    .map(|(path, source)| (*path, source, &mut *clean))]);
            for (path, source, planar) in others.flatten() {
                if read(source, path, planar)? != came {
                    return Err(Failure::OtherLength {
                        first: first.to_owned(),
                        second: path.to_owned(),
                    });
                }
            }
            for (away, (before, after)) in away.iter_mut().zip(before.iter().zip(&*after)) {
                *away = before - after;
            }
            let clean: &[f32] = if self.clean.is_some() { clean } else { &[] };
            take([before, after, away], clean, came);
            if came < BLOCK {
                return Ok(());
            }
        }
    }
}

fn read(source: &mut Source, path: &Path, planar: &mut [f32]) -> Result<usize, Failure> {
    source.read(planar).map_err(|source| Failure::Input {
        path: path.to_owned(),
        source,
    })
}
