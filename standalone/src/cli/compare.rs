//! What `limpid compare` takes.

use std::path::PathBuf;

use clap::Args;

/// Compare a file with what was made of it, in figures and in a picture.
///
/// Prints loudness, noise floor and level of both and of what was taken away, and draws a picture: before,
/// after, and the difference.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// The sound as it was
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// What was made of it: as long, at the same rate, with as many channels
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
    /// The voice without noise, where there is one, to judge both by
    #[arg(long, value_name = "FILE")]
    pub clean: Option<PathBuf>,
    /// Where to draw the picture [default: beside AFTER, AFTER.png]
    #[arg(short, long, value_name = "PNG", conflicts_with = "no_picture")]
    pub picture: Option<PathBuf>,
    /// Draw no picture
    #[arg(long)]
    pub no_picture: bool,
    /// Replace the picture if there is one
    #[arg(short, long)]
    pub force: bool,
    /// Print a line of JSON instead of a table
    #[arg(long)]
    pub json: bool,
}
