//! What AWS has no call for, so that a person does it by hand and says when.

use jiff::civil::Date;

use crate::diagnostic::Span;

/// What every account needs that no call of AWS does or tells.
pub const KNOWN: [(&str, &str); 2] = [
    (
        "billing-access",
        "IAM access to billing is as you want it: only the root user switches it, on the Account page, and no call tells",
    ),
    (
        "root-mfa",
        "the root user's MFA device is a hardware key kept apart from its password: AWS tells only that there is one",
    ),
];

/// Days after which somebody should look again.
pub const LOOK_AGAIN_DAYS: i64 = 365;

/// One thing to be done by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckItem {
    /// Its name in the file.
    pub name: String,
    /// What is to be done.
    pub what: String,
    /// Who did it; none if nobody has.
    pub by: Option<String>,
    /// When.
    pub on: Option<Date>,
    /// Where it is written; where it would be if it is not.
    pub place: Span,
}

/// What is to be said of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody did it within a year.
    Done,
    /// Somebody did it so many days ago, which is more than a year.
    Old(i64),
    /// Nobody said so.
    Open,
}

impl CheckItem {
    /// Whether somebody did it, seen from a day.
    pub fn standing(&self, today: Date) -> Standing {
        let Some(on) = self.on else { return Standing::Open };
        match today.since(on) {
            Ok(span) if i64::from(span.get_days()) > LOOK_AGAIN_DAYS => {
                Standing::Old(i64::from(span.get_days()))
            }
            Ok(_) => Standing::Done,
            Err(_) => Standing::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::diagnostic::Source;

    #[test]
    fn an_acknowledgement_is_good_for_a_year() {
        let place = Span::new(&Arc::new(Source { name: "a.yaml".into(), text: "x".into() }), 0, 1);
        let on = |text: &str| CheckItem {
            name: "billing-access".into(),
            what: "x".into(),
            by: Some("jane".into()),
            on: Some(text.parse().unwrap()),
            place: place.clone(),
        };
        let today: Date = "2026-11-28".parse().unwrap();
        assert_eq!(on("2025-11-28").standing(today), Standing::Done);
        assert_eq!(on("2025-11-27").standing(today), Standing::Old(366));
        assert_eq!(CheckItem { on: None, ..on("2026-01-01") }.standing(today), Standing::Open);
    }
}
