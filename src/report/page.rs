//! Labelled text in lines, wrapped at the width of the terminal. The only way to a terminal: what is put on a page is
//! made harmless, and only the page itself begins a line.

use super::escape;
use super::style::Label;

/// What is known of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Columns.
    pub width: usize,
    /// Whether to write colours.
    pub colour: bool,
    /// Whether the reader asked for more than what needs attention.
    pub detail: bool,
}

impl Default for Terminal {
    fn default() -> Self {
        Self { width: 80, colour: false, detail: false }
    }
}

/// A piece of labelled text.
pub(super) type Piece = (Label, String);

/// A piece.
pub(super) fn piece(label: Label, text: impl Into<String>) -> Piece {
    (label, text.into())
}

/// Lines of labelled text.
pub(super) struct Page {
    terminal: Terminal,
    lines: Vec<Vec<Piece>>,
}

impl Page {
    pub fn new(terminal: Terminal) -> Self {
        Self { terminal, lines: vec![] }
    }

    pub fn terminal(&self) -> Terminal {
        self.terminal
    }

    /// An empty line, unless the page is empty or the last line is.
    pub fn blank(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(vec![]);
        }
    }

    /// Puts another page's lines under these.
    pub fn append(&mut self, other: Self) {
        self.lines.extend(other.lines);
    }

    /// How many lines there are so far.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Puts pieces at an indent and wraps them at blanks; what is wrapped hangs further in. What has no blank is
    /// never broken.
    pub fn flow(&mut self, indent: usize, hang: usize, pieces: impl IntoIterator<Item = Piece>) {
        let mut line = vec![piece(Label::Plain, " ".repeat(indent))];
        let (mut column, mut fresh) = (indent, true);
        for word in words(pieces) {
            let Word { parts, columns, spaced } = word;
            let gap = usize::from(spaced && !fresh);
            if !fresh && column + gap + columns > self.terminal.width {
                self.lines.push(std::mem::take(&mut line));
                line.push(piece(Label::Plain, " ".repeat(indent + hang)));
                column = indent + hang;
            } else if gap > 0 {
                let label = match (line.last(), parts.first()) {
                    (Some((before, _)), Some((after, _))) if before == after => *after,
                    _ => Label::Plain,
                };
                line.push(piece(label, " "));
                column += gap;
            }
            column += columns;
            fresh = false;
            line.extend(parts);
        }
        self.lines.push(line);
    }

    /// As [`flow`](Self::flow) with one piece.
    pub fn say(&mut self, indent: usize, hang: usize, label: Label, text: impl Into<String>) {
        self.flow(indent, hang, [piece(label, text)]);
    }

    /// Puts text at the right end of the last line that is `first` or later; if it has no room there, on a line of
    /// its own or nowhere.
    pub fn at_right(&mut self, first: usize, origin: Option<&str>, own_line_at: Option<usize>) {
        let Some(origin) = origin.map(escape::text) else { return };
        /// Further to the right the eye loses the line.
        const RIGHT_END_MAX: usize = 110;
        let width = self.terminal.width;
        let Some(line) = self.lines.get_mut(first) else { return };
        let used: usize = line.iter().map(|(_, text)| escape::width(text)).sum();
        let needed = escape::width(&origin);
        if used + 2 + needed <= width {
            let gap = width.min(RIGHT_END_MAX).saturating_sub(used + needed).max(2);
            line.push(piece(Label::Plain, " ".repeat(gap)));
            line.push(piece(Label::Path, origin));
        } else if let Some(indent) = own_line_at {
            self.lines.push(vec![piece(Label::Plain, " ".repeat(indent)), piece(Label::Path, origin)]);
        }
    }

    /// The bytes.
    pub fn finish(mut self) -> String {
        while self.lines.last().is_some_and(Vec::is_empty) {
            self.lines.pop();
        }
        let mut out = String::new();
        for line in self.lines {
            let mut row = String::new();
            let mut current = Label::Plain;
            for (label, text) in line {
                if self.terminal.colour && label != current {
                    row.push_str(&format!("{}{}", current.style().render_reset(), label.style().render()));
                    current = label;
                }
                row.push_str(&text);
            }
            if self.terminal.colour {
                row.push_str(&current.style().render_reset().to_string());
            }
            out.push_str(row.trim_end_matches(' '));
            out.push('\n');
        }
        out
    }
}

struct Word {
    parts: Vec<Piece>,
    columns: usize,
    spaced: bool,
}

/// A wrapped line must not begin with one of these, or a foreign text could look like a change of its own.
const SIGNS: [&str; 8] = ["+", "-", "~", "±", "→", "!", "?", "✓"];

/// Splits pieces at blanks; pieces that touch stay one word, and a sign stays with the word before it.
fn words(pieces: impl IntoIterator<Item = Piece>) -> Vec<Word> {
    let mut words: Vec<Word> = vec![];
    let mut spaced = true;
    for (label, text) in pieces {
        let text = escape::text(&text);
        for (at, part) in text.split(' ').enumerate() {
            spaced |= at > 0;
            if part.is_empty() {
                continue;
            }
            let columns = escape::width(part);
            match words.last_mut() {
                Some(word) if !spaced => {
                    word.parts.push((label, part.to_owned()));
                    word.columns += columns;
                }
                Some(word) if SIGNS.contains(&part) => {
                    word.parts.extend([(Label::Plain, String::from(" ")), (label, part.to_owned())]);
                    word.columns += 1 + columns;
                }
                _ => words.push(Word { parts: vec![(label, part.to_owned())], columns, spaced }),
            }
            spaced = false;
        }
    }
    words
}
