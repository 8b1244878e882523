//! Ignore files: drift, or findings of an audit, that somebody knows of, says why, and until when.
//!
//! Each is for its command alone. What it names is told as ignored and does not count; `plan` and `apply` know nothing
//! of it.

use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::source;
use super::tree::{Node, Value};
use crate::diagnostic::{Diagnostic, Source, did_you_mean, has_errors};
use crate::state::Kind;

/// What an ignore file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignores<'a> {
    /// What `drift` finds.
    Drift,
    /// What `audit` finds, with the names of its checks.
    Audit(&'a [&'a str]),
}

impl Ignores<'_> {
    /// The name of the file, in the folder that holds `environments/`.
    pub fn file(self) -> &'static str {
        match self {
            Self::Drift => IGNORE_FILE,
            Self::Audit(_) => "audit-ignore.yaml",
        }
    }

    /// What an entry names.
    fn key(self) -> &'static str {
        match self {
            Self::Drift => "address",
            Self::Audit(_) => "finding",
        }
    }

    fn keys(self) -> [&'static str; 5] {
        ["environment", self.key(), "reason", "until", "by"]
    }

    fn sample(self) -> &'static str {
        match self {
            Self::Drift => {
                "an entry is `{environment: analytics, address: role/x/attached/Y, reason: why, until: 2027-01-31}`"
            }
            Self::Audit(_) => {
                "an entry is `{environment: analytics, finding: key-old/user/x, reason: why, until: 2027-01-31}`"
            }
        }
    }
}

/// The name of that of `drift`.
pub const IGNORE_FILE: &str = "drift-ignore.yaml";

/// The version of its format that this hatrack reads.
const VERSION: i64 = 1;

/// What does not count for some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoreEntry {
    /// The environment it is in.
    pub environment: String,
    /// What, with `*` and `?`: of drift an address (`role/GlueEtl/attached/AdministratorAccess`), of an audit the name of a
    /// finding (`user-without-mfa/user/alice`).
    pub address: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds, in UTC.
    pub until: Date,
    /// Who says so.
    pub by: Option<String>,
    /// Where it stands: `drift-ignore.yaml:4`.
    pub place: String,
}

/// Reads an ignore file; with all that is wrong with it. With an error in it there is no entry: half of what somebody
/// meant is not what they meant.
pub fn parse(
    of: Ignores<'_>,
    source: &Arc<Source>,
    environments: &[&str],
    today: Date,
) -> (Vec<IgnoreEntry>, Vec<Diagnostic>) {
    let (tree, said) = source::parse(source);
    let Some(tree) = tree.filter(|_| !has_errors(&said)) else { return (vec![], said) };
    let mut reader = Reader { of, environments, today, said };
    let entries = reader.file(&tree, &source.name);
    let Reader { said, .. } = reader;
    if has_errors(&said) { (vec![], said) } else { (entries, said) }
}

struct Reader<'a> {
    of: Ignores<'a>,
    environments: &'a [&'a str],
    today: Date,
    said: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn wrong(&mut self, node: &Node, message: impl Into<String>, help: impl Into<String>) {
        self.said.push(Diagnostic::error(Some(node.span.clone()), message).help(help));
    }

    fn file(&mut self, tree: &Node, name: &str) -> Vec<IgnoreEntry> {
        match tree.get("version") {
            Some(Node { value: Value::Integer(VERSION), span: _ }) => {}
            Some(node) => {
                let message = format!("this hatrack reads version {VERSION} of ignore files");
                self.wrong(node, message, format!("write `version: {VERSION}`"));
                return vec![];
            }
            None => {
                let help = format!("write `version: {VERSION}` and a list `ignore`");
                self.wrong(tree, "an ignore file has a `version`", help);
                return vec![];
            }
        }
        self.only(tree, &["version", "ignore"]);
        match tree.get("ignore") {
            Some(Node { value: Value::List(entries), span: _ }) => {
                entries.iter().filter_map(|entry| self.entry(entry, name)).collect()
            }
            Some(node) => {
                let message = format!("`ignore` is a list of entries, and here is {}", node.value.words());
                self.wrong(node, message, self.of.sample());
                vec![]
            }
            None => {
                self.wrong(tree, "an ignore file has a list `ignore`", "an empty one is `ignore: []`");
                vec![]
            }
        }
    }

    fn only(&mut self, node: &Node, keys: &[&str]) {
        for entry in node.entries().iter().filter(|entry| !keys.contains(&entry.key.as_str())) {
            let message = format!("`{}` is no key here", entry.key);
            let help = match did_you_mean(&entry.key, keys.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there is: {}", keys.join(", ")),
            };
            self.said.push(Diagnostic::error(Some(entry.key_span.clone()), message).help(help));
        }
    }

    fn entry(&mut self, node: &Node, name: &str) -> Option<IgnoreEntry> {
        if !matches!(node.value, Value::Map(_)) {
            self.wrong(
                node,
                format!("an entry is a map, and here is {}", node.value.words()),
                self.of.sample(),
            );
            return None;
        }
        self.only(node, &self.of.keys());
        let environment = self.text(node, "environment", true);
        let key = self.of.key();
        let address = self.text(node, key, true);
        let reason = self.text(node, "reason", true);
        let until = self.text(node, "until", true).map(|text| self.date(node, &text));
        let by = self.text(node, "by", false);
        if let (Some(text), Some(at)) = (&environment, node.get("environment"))
            && !self.environments.contains(&text.as_str())
        {
            let help = match did_you_mean(text, self.environments.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there is: {}", self.environments.join(", ")),
            };
            self.wrong(at, format!("no environment `{text}`"), help);
        }
        if let (Some(text), Some(at)) = (&address, node.get(key)) {
            match self.of {
                Ignores::Drift => self.address(at, text),
                Ignores::Audit(checks) => self.finding(at, text, checks),
            }
        }
        let place = format!("{name}:{}", node.span.line_column().0);
        Some(IgnoreEntry {
            environment: environment?,
            address: address?,
            reason: reason?,
            until: until??,
            by,
            place,
        })
    }

    fn text(&mut self, node: &Node, key: &str, required: bool) -> Option<String> {
        match node.get(key) {
            Some(Node { value: Value::Text(text), span: _ }) if !text.trim().is_empty() => {
                Some(text.trim().to_owned())
            }
            Some(other) => {
                let found = match &other.value {
                    Value::Text(_) => "nothing",
                    value => value.words(),
                };
                self.wrong(other, format!("`{key}` is a text, and here is {found}"), self.of.sample());
                None
            }
            None if required => {
                self.wrong(node, format!("an entry needs `{key}`"), self.of.sample());
                None
            }
            None => None,
        }
    }

    fn date(&mut self, node: &Node, text: &str) -> Option<Date> {
        let at = node.get("until").unwrap_or(node);
        // `2027-1-5` and times of day would be read otherwise by one or another.
        let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
        let Some(date) = date else {
            let help = "a day is written like `2027-01-31`, and it holds to its end in UTC";
            self.wrong(at, format!("`{text}` is no day"), help);
            return None;
        };
        let latest = self.today.checked_add(1.year());
        if latest.is_ok_and(|latest| date > latest) {
            let message = format!("`until: {date}` is more than a year away");
            self.said.push(
                Diagnostic::warning(Some(at.span.clone()), message)
                    .help("what holds for longer belongs into the environment: declare it, or list it under its `ignore`"),
            );
        }
        Some(date)
    }

    fn address(&mut self, at: &Node, text: &str) {
        let (kind, rest) = text.split_once('/').unwrap_or((text, ""));
        let any = |word: &str| word.contains(['*', '?']);
        if rest.is_empty() || (!any(kind) && kind != "aws-managed" && kind.parse::<Kind>().is_err()) {
            let kinds = Kind::ALL.iter().map(|kind| kind.word()).chain(["aws-managed"]);
            let help = match did_you_mean(kind, kinds) {
                Some(near) if !rest.is_empty() => format!("did you mean `{near}/{rest}`?"),
                _ => "`hatrack drift` prints the line for each finding: KIND/NAME, or KIND/NAME/SETTING"
                    .to_owned(),
            };
            self.wrong(at, format!("`{text}` is no address"), help);
        } else if !text.contains(|c: char| !matches!(c, '*' | '?' | '/')) {
            self.wrong(
                at,
                format!("`{text}` would ignore everything"),
                "name a kind at least: `bucket/*`; drift nobody looks at needs no schedule",
            );
        }
    }

    fn finding(&mut self, at: &Node, text: &str, checks: &[&str]) {
        let (check, subject) = text.split_once('/').unwrap_or((text, ""));
        let name = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '*' | '?');
        if subject.is_empty() || !check.chars().all(name) {
            self.wrong(
                at,
                format!("`{text}` is no finding"),
                "`hatrack audit` prints the line for each finding: CHECK/SUBJECT, such as `key-old/user/x`",
            );
        } else if !check.contains(char::is_alphabetic) {
            self.wrong(at, format!("`{text}` would ignore every check"), "name one: `key-old/user/x`");
        } else if !check.contains(['*', '?']) && !checks.contains(&check) {
            let help = match did_you_mean(check, checks.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there is: {}", checks.join(", ")),
            };
            self.wrong(at, format!("no check `{check}`"), help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn read(text: &str) -> (Vec<IgnoreEntry>, Vec<String>) {
        let source = Arc::new(Source { name: IGNORE_FILE.to_owned(), text: text.to_owned() });
        let (entries, said) = parse(Ignores::Drift, &source, &["analytics", "lake"], date(2026, 11, 28));
        (entries, said.iter().map(|d| format!("{} {}", d.span.as_ref().unwrap(), d.message)).collect())
    }

    #[test]
    fn an_entry_is_read() {
        let (entries, said) = read(
            "version: 1\nignore:\n  - environment: lake\n    address: role/x/attached/*\n    reason: 'INC-7, being moved'\n    until: 2027-01-31\n    by: ann\n",
        );
        assert_eq!(said, Vec::<String>::new());
        let wanted = IgnoreEntry {
            environment: "lake".into(),
            address: "role/x/attached/*".into(),
            reason: "INC-7, being moved".into(),
            until: date(2027, 1, 31),
            by: Some("ann".into()),
            place: "drift-ignore.yaml:3".into(),
        };
        assert_eq!(entries, [wanted]);
        assert_eq!(read("version: 1\nignore: []\n"), (vec![], vec![]));
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once_and_nothing_is_ignored() {
        let (entries, said) = read(
            "version: 1\nmore: 1\nignore:\n  - {environment: laek, adress: role/x, until: 2027-02-30}\n  - {environment: lake, address: rolle/x, reason: '', until: 5}\n  - {environment: lake, address: '*/*', reason: r, until: 2027-1-5}\n  - role/x\n  - {environment: lake, address: role/x, reason: r, until: 2027-01-05}\n",
        );
        assert_eq!(entries, []);
        assert_eq!(
            said,
            [
                "drift-ignore.yaml:2:1 `more` is no key here",
                "drift-ignore.yaml:4:25 `adress` is no key here",
                "drift-ignore.yaml:4:5 an entry needs `address`",
                "drift-ignore.yaml:4:5 an entry needs `reason`",
                "drift-ignore.yaml:4:48 `2027-02-30` is no day",
                "drift-ignore.yaml:4:19 no environment `laek`",
                "drift-ignore.yaml:5:51 `reason` is a text, and here is nothing",
                "drift-ignore.yaml:5:62 `until` is a text, and here is a whole number",
                "drift-ignore.yaml:5:34 `rolle/x` is no address",
                "drift-ignore.yaml:6:59 `2027-1-5` is no day",
                "drift-ignore.yaml:6:34 `*/*` would ignore everything",
                "drift-ignore.yaml:7:5 an entry is a map, and here is text",
            ]
        );
    }

    #[test]
    fn what_is_half_written_is_told_with_its_place() {
        for (text, wanted) in [
            ("", "drift-ignore.yaml:1:1 an ignore file has a `version`"),
            ("version: 2\nignore: []", "drift-ignore.yaml:1:10 this hatrack reads version 1 of ignore files"),
            ("version: 1\n", "drift-ignore.yaml:1:1 an ignore file has a list `ignore`"),
            (
                "version: 1\nignore:\n",
                "drift-ignore.yaml:2:1 `ignore` is a list of entries, and here is nothing",
            ),
        ] {
            assert_eq!(read(text), (vec![], vec![wanted.to_owned()]), "{text}");
        }
        let (entries, said) = read("version: 1\nignore:\n  - environment: lake\n    address: \"role/x");
        assert!(entries.is_empty() && said.len() == 1, "{said:?}");
    }

    #[test]
    fn that_of_an_audit_names_findings() {
        let read = |entry: &str| {
            let text = format!(
                "version: 1\nignore:\n  - {{environment: lake, {entry}, reason: r, until: 2027-01-05}}\n"
            );
            let source = Arc::new(Source { name: "audit-ignore.yaml".to_owned(), text });
            let (entries, said) =
                parse(Ignores::Audit(&["key-old", "user-unused"]), &source, &["lake"], date(2026, 11, 28));
            let names: Vec<String> = entries.into_iter().map(|entry| entry.address).collect();
            (names, said.into_iter().map(|d| d.message).collect::<Vec<_>>())
        };
        assert_eq!(read("finding: key-old/user/x"), (vec!["key-old/user/x".to_owned()], vec![]));
        assert_eq!(read("finding: '*-unused/role/ds-*'").0, ["*-unused/role/ds-*"]);
        assert_eq!(read("finding: user/x").1, ["no check `user`"]);
        assert_eq!(read("finding: key-old").1, ["`key-old` is no finding"]);
        assert_eq!(read("finding: Key/user/x").1, ["`Key/user/x` is no finding"]);
        assert_eq!(read("finding: '*/user/x'").1, ["`*/user/x` would ignore every check"]);
        assert_eq!(read("address: user/x").1, ["`address` is no key here", "an entry needs `finding`"]);
    }

    #[test]
    fn more_than_a_year_is_a_warning() {
        let line = |until: &str| {
            read(&format!(
                "version: 1\nignore:\n  - {{environment: lake, address: role/x, reason: r, until: {until}}}\n"
            ))
        };
        let (entries, said) = line("2027-11-29");
        assert_eq!(
            (entries.len(), said),
            (1, vec!["drift-ignore.yaml:3:60 `until: 2027-11-29` is more than a year away".to_owned()])
        );
        assert_eq!(line("2027-11-28").1, Vec::<String>::new());
    }
}
