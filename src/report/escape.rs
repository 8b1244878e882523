//! Makes foreign text harmless. Every name, tag and document text that comes from an account or a file goes through
//! here on its way to a terminal, a chat or an issue.

/// Whether a character can forge lines, move the cursor, turn text around, or hide.
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with every harmful character spelled out: an escape becomes `\u{1b}`.
pub fn text(raw: &str) -> String {
    if !raw.contains(is_harmful) {
        return raw.to_owned();
    }
    let mut out = String::with_capacity(raw.len() + 8);
    for c in raw.chars() {
        if is_harmful(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// The text for running Markdown: harmless, and without a meaning to Markdown or HTML.
pub fn markdown(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len() + 8);
    for c in text(raw).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A zero-width joint would be hidden text; an entity keeps chats and issues from calling people.
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// The text as Markdown code, with a fence that it cannot close; a pipe in it does not end a table's cell.
pub fn markdown_code(raw: &str) -> String {
    let safe = text(raw).replace('|', "\\|");
    let longest = safe.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if safe.starts_with('`') || safe.ends_with('`') || safe.trim().is_empty() {
        format!("{fence} {safe} {fence}")
    } else {
        format!("{fence}{safe}{fence}")
    }
}

/// JSON text that says the same and is harmless on a terminal. Outside of its strings JSON has none of these
/// characters, so they can be spelled out wherever they stand.
pub fn json(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        if is_harmful(c) && c != '\n' {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// How many columns a harmless character takes on a terminal, near enough to wrap lines by.
pub fn columns(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe4f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// How many columns a harmless text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[2J\r\nb\u{202e}c\u{200b}d\u{9b}e\u{7f}f\u{2028}g\u{feff}h\ti";

    #[test]
    fn hostile_text_is_spelled_out() {
        assert_eq!(
            text(HOSTILE),
            "a\\u{1b}[2J\\u{d}\\u{a}b\\u{202e}c\\u{200b}d\\u{9b}e\\u{7f}f\\u{2028}g\\u{feff}h\\u{9}i"
        );
        assert!(!text(HOSTILE).contains(is_harmful));
        for c in (0..=0x10ffff).filter_map(char::from_u32).filter(|c| c.is_control()) {
            assert!(is_harmful(c));
        }
        assert_eq!(text("Müller, 田中, мир"), "Müller, 田中, мир");
    }

    #[test]
    fn markdown_stays_text() {
        assert_eq!(markdown("<b>|`x`|@all"), "&lt;b&gt;\\|\\`x\\`\\|&#64;all");
        assert_eq!(markdown_code("a`b``c"), "```a`b``c```");
        assert_eq!(markdown_code("`"), "`` ` ``");
        assert_eq!(markdown_code("a|b"), "`a\\|b`");
        assert!(!markdown(HOSTILE).contains('\n') && !markdown_code(HOSTILE).contains('\n'));
    }

    #[test]
    fn json_says_the_same() {
        let written = serde_json::to_string(HOSTILE).unwrap();
        let harmless = json(&written);
        assert!(!harmless.contains(is_harmful));
        assert_eq!(serde_json::from_str::<String>(&harmless).unwrap(), HOSTILE);
        let beyond = format!("\"{}\"", '\u{e0041}');
        assert_eq!(serde_json::from_str::<String>(&json(&beyond)).unwrap(), "\u{e0041}");
    }
}
