//! Labels and the one table that gives them colours.

use anstyle::{AnsiColor, Style};

/// What a piece of text is; the table says how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Nothing special.
    Plain,
    /// Comes.
    Added,
    /// The part of something longer that comes.
    AddedPart,
    /// Goes.
    Removed,
    /// The part of something longer that goes.
    RemovedPart,
    /// Becomes another.
    Changed,
    /// Worth less of the reader's attention.
    Dim,
    /// Stands above something.
    Heading,
    /// A person should agree to it.
    Hazard,
    /// Nearly as much as there may be.
    Near,
    /// It did not work, or cannot.
    Error,
    /// What to do.
    Help,
    /// Where it stands in the author's files.
    Path,
}

impl Label {
    /// How it looks.
    pub fn style(self) -> Style {
        let colour = |colour: AnsiColor| colour.on_default();
        match self {
            Self::Plain => Style::new(),
            Self::Added => colour(AnsiColor::Green),
            Self::AddedPart => colour(AnsiColor::Green).bold().underline(),
            Self::Removed => colour(AnsiColor::Red),
            Self::RemovedPart => colour(AnsiColor::Red).bold().underline(),
            Self::Changed | Self::Near => colour(AnsiColor::Yellow),
            Self::Dim | Self::Path => Style::new().dimmed(),
            Self::Heading => Style::new().bold(),
            Self::Hazard => colour(AnsiColor::Yellow).bold(),
            Self::Error => colour(AnsiColor::Red).bold(),
            Self::Help => colour(AnsiColor::Cyan),
        }
    }
}
