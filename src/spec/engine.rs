//! The expressions within `${{ … }}`: where they stand in a text, and minijinja fenced in.
//!
//! Only expressions are ever compiled, so there are no loops, includes or files. What could make a small spec into a
//! large value is removed, or has an end.

use std::sync::LazyLock;

use minijinja::value::ValueKind;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value as Jinja};

pub const OPEN: &str = "${{";
pub const CLOSE: &str = "}}";
/// Steps of one expression; the catalogue's longest takes under a hundred.
pub const STEPS_MAX: u64 = 20_000;
/// A longer one is a program, and its place is not in a spec.
pub const EXPRESSION_BYTES_MAX: usize = 2_000;
/// What one scalar may grow to; a whole policy document of IAM holds at most 10,240 characters.
pub const TEXT_BYTES_MAX: usize = 256 * 1024;

pub static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(STEPS_MAX));
    engine.set_recursion_limit(32);
    for function in ["range", "debug", "namespace", "lipsum"] {
        engine.remove_global(function);
    }
    // These can make a long text from a short one.
    for filter in ["format", "indent", "pprint", "string", "batch", "slice", "safe", "escape", "e"] {
        engine.remove_filter(filter);
    }
    engine.add_filter("each", each);
    engine.add_filter("join", join);
    engine.add_filter("replace", replace);
    engine
});

/// The engine's `join`, for lists only and with an end.
fn join(list: &Jinja, between: Option<&str>) -> Result<String, minijinja::Error> {
    let mut joined = String::new();
    for (i, item) in items(list, "join")?.into_iter().enumerate() {
        if i > 0 {
            joined.push_str(between.unwrap_or_default());
        }
        joined.push_str(&item);
        if joined.len() > TEXT_BYTES_MAX {
            return Err(wrong(&format!("`join` makes more than {TEXT_BYTES_MAX} bytes")));
        }
    }
    Ok(joined)
}

/// The engine's `replace` with an end: a chain of them grows exponentially.
fn replace(text: &str, from: &str, to: &str) -> Result<String, minijinja::Error> {
    if text.len() + text.matches(from).count() * to.len() > TEXT_BYTES_MAX {
        return Err(wrong(&format!("`replace` makes more than {TEXT_BYTES_MAX} bytes")));
    }
    Ok(text.replace(from, to))
}

/// The items of a list of text (or numbers).
fn items(list: &Jinja, filter: &str) -> Result<Vec<String>, minijinja::Error> {
    if !matches!(list.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Err(wrong(&format!("`{filter}` wants a list")));
    }
    let text = |item: Jinja| match item.kind() {
        ValueKind::String | ValueKind::Number => Ok(item.to_string()),
        _ => Err(wrong(&format!("`{filter}` wants a list of text"))),
    };
    list.try_iter()?.map(text).collect()
}

fn wrong(what: &str) -> minijinja::Error {
    minijinja::Error::new(ErrorKind::InvalidOperation, what.to_owned())
}

/// `buckets | each("arn:aws:s3:::{}/*")`: a text from each item of a list.
fn each(list: &Jinja, format: &str) -> Result<Jinja, minijinja::Error> {
    let items = items(list, "each")?;
    if !format.contains("{}") {
        return Err(wrong("the text of `each` wants a `{}` where each item goes"));
    }
    if items.iter().map(|i| i.len() + format.len()).sum::<usize>() > TEXT_BYTES_MAX {
        return Err(wrong(&format!("`each` makes more than {TEXT_BYTES_MAX} bytes")));
    }
    Ok(items.iter().map(|i| Jinja::from(format.replace("{}", i))).collect::<Vec<_>>().into())
}

/// A scalar cut at its placeholders. `count` is how many `${{` stand before.
pub enum Piece<'a> {
    Text(&'a str),
    Placeholder { whole: &'a str, inner: &'a str, count: usize },
    Unclosed { rest: &'a str, count: usize },
}

pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = vec![];
    let mut rest = text;
    let mut count = 0;
    while let Some(start) = rest.find(OPEN) {
        let (before, placeholder) = rest.split_at(start);
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let Some(length) = placeholder_length(placeholder) else {
            pieces.push(Piece::Unclosed { rest: placeholder, count });
            return pieces;
        };
        let (whole, after) = placeholder.split_at(length);
        let inner = whole.strip_prefix(OPEN).and_then(|i| i.strip_suffix(CLOSE)).unwrap_or_default();
        pieces.push(Piece::Placeholder { whole, inner, count });
        count += whole.matches(OPEN).count();
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// Bytes up to and with the `}}` that closes; one within quotes or within a map of the expression does not.
fn placeholder_length(placeholder: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0_usize;
    let mut chars = placeholder.char_indices().skip(OPEN.len()).peekable();
    while let Some((_, c)) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                chars.next();
            }
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth > 0 => depth -= 1,
            (None, '}') => {
                if let Some((at, '}')) = chars.peek() {
                    return Some(at + 1);
                }
            }
            (None, _) => {}
        }
    }
    None
}

/// Whether a star stands outside quotes.
pub fn multiplies(inner: &str) -> bool {
    let mut quote = None;
    inner.chars().any(|c| {
        match quote {
            Some(q) if q == c => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => {}
        }
        // An escaped quote ends the quotes too early here, which errs towards refusing.
        c == '*' && (quote.is_none() || inner.contains('\\'))
    })
}
