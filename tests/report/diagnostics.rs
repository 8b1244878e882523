//! Diagnostics.

use std::sync::Arc;

use hatrack::diagnostic::{Diagnostic, Source, Span};
use hatrack::report::{diagnostics_json, diagnostics_terminal};

use crate::account::{COLOUR, PLAIN};

fn several() -> Vec<Diagnostic> {
    let text = "environment: analytics\nusers:\n  Müller-田中: { grops: [DataScientists] }\n  evil: \u{1b}[2J\u{202e}x { bad: 1 }\n";
    let source = Arc::new(Source { name: "environments/analytics.yaml".into(), text: text.into() });
    let span = |word: &str| {
        let at = text.find(word).unwrap();
        Span::new(&source, at, at + word.len())
    };
    vec![
        Diagnostic::error(Some(span("grops")), "unknown key `grops`")
            .label("not a key of a user")
            .related(span("Müller-田中"), "in this user")
            .help("did you mean `groups`?"),
        Diagnostic::warning(Some(span("bad")), "this is \u{1b}[31mred"),
        Diagnostic::error(None, "no environment file in `environments/`").help("run `hatrack init`"),
    ]
}

#[test]
fn spans_in_text_of_many_bytes() {
    let text = diagnostics_terminal(&several(), PLAIN);
    assert!(!text.contains(['\u{1b}', '\u{202e}']));
    insta::assert_snapshot!(text);
}

#[test]
fn in_colour() {
    insta::assert_snapshot!(diagnostics_terminal(&several(), COLOUR).replace('\u{1b}', "␛"));
}

#[test]
fn as_json() {
    insta::assert_snapshot!(diagnostics_json(&several()));
}

#[test]
fn spans_beyond_the_text_do_no_harm() {
    let source = Arc::new(Source { name: "x".into(), text: "ä\u{1b}ö".into() });
    for start in 0..9 {
        for end in 0..9 {
            let one = Diagnostic::error(Some(Span::new(&source, start, end)), "m").label("l");
            assert!(diagnostics_terminal(&[one], PLAIN).contains("error: m"));
        }
    }
    let empty = Arc::new(Source { name: "x".into(), text: String::new() });
    assert!(
        !diagnostics_terminal(&[Diagnostic::error(Some(Span::new(&empty, 0, 3)), "m")], PLAIN).is_empty()
    );
}

#[test]
fn a_secret_is_not_drawn() {
    let text = "variables:\n  password: \"hünter2\" # and AKIAIOSFODNN7EXAMPLE\n";
    let source = Arc::new(Source { name: "environments/analytics.yaml".into(), text: text.into() });
    let secret = |word: &str| {
        let at = text.find(word).unwrap();
        Diagnostic::error(Some(Span::new(&source, at, at + word.len())), "this looks secret")
            .rule("secret-literal")
    };
    let other = Diagnostic::warning(Some(Span::new(&source, 13, 21)), "something about the key");
    let drawn = diagnostics_terminal(&[secret("\"hünter2\""), secret("AKIAIOSFODNN7EXAMPLE"), other], PLAIN);
    assert!(!drawn.contains("nter2") && !drawn.contains("AKIA"), "{drawn}");
    assert!(drawn.contains("password: ********** # and ********************"), "{drawn}");
}
