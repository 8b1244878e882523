//! What every command understands.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use secrecy::SecretString;

use crate::cli::codes;

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The project folder, which holds `environments/` [default: the nearest one upwards from here]
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Work on accounts kept in this file, or one in a file each in this folder, instead of AWS
    #[arg(long, global = true, value_name = "PATH")]
    pub account_file: Option<PathBuf>,
    /// How to print
    #[arg(long, global = true, value_name = "FORMAT", default_value = "terminal")]
    pub format: Format,
    /// The profile of the AWS configuration files to use, in place of what environments name
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The code of the MFA device that the profile asks for (also HATRACK_MFA_CODE) [default: asks on the terminal]
    #[arg(long, global = true, value_name = "CODE", value_parser = codes::parse, hide_short_help = true)]
    pub mfa_code: Option<SecretString>,
    /// Send every AWS call here (also AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>)
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// How many calls may be under way at once, in all accounts together
    #[arg(long, global = true, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub parallelism: u16,
    /// Wait at most so many seconds for what SageMaker makes, changes or ends [default: 10 to 60 minutes, by kind]
    #[arg(long, global = true, value_name = "SECONDS", hide_short_help = true)]
    pub wait: Option<u32>,
    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
    /// Say more on standard error; twice for more still
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Terminal,
    /// For programs; documented in docs/json.md
    Json,
    /// For pull requests, issues and chat
    Markdown,
    /// For chat and issues: some forty lines of Markdown at most (only `drift`)
    Brief,
    /// For code scanning: SARIF 2.1.0 (only what checks files, and `audit`)
    Sarif,
    /// For GitHub Actions: annotations of lines (only what checks files)
    Github,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Fingers that know Terraform type one dash.
pub fn kind_spellings(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    const LONG: [&str; 6] = ["target", "out", "json", "no-color", "auto-approve", "parallelism"];
    arguments
        .map(|argument| {
            let Some(text) = argument.to_str() else { return argument };
            let Some(rest) = text.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
                return argument;
            };
            let (word, value) = rest.split_once('=').map_or((rest, None), |(w, v)| (w, Some(v)));
            if !LONG.contains(&word) {
                return argument;
            }
            let ours = match word {
                "auto-approve" => "--yes",
                "json" => "--format=json",
                "no-color" => "--color=never",
                "out" => "--output",
                "parallelism" => "--parallelism",
                _ => "--target",
            };
            value.map_or_else(|| ours.into(), |value| format!("{ours}={value}").into())
        })
        .collect()
}
