//! Who gains and loses what, in Markdown: the same lines as at a terminal, and everything folded away.

use super::access::AccessReport;
use super::escape::markdown;
use super::markdown::{FENCED, fenced, for_diff};
use super::page::Page;
use super::terminal::access;

/// The section of a plan.
pub(super) fn section(report: &AccessReport) -> String {
    if report.is_unchanged() {
        let documents = match report.without_effect.len() {
            0 => String::new(),
            1 => String::from(" One document that changes has no effect on access."),
            number => format!(" {number} documents that change have no effect on access."),
        };
        return format!("**Access**: nobody gains or loses any.{}\n\n", markdown(&documents));
    }
    let mut page = Page::new(FENCED);
    access(&mut page, report);
    let text = page.finish();
    let text = text.trim().strip_prefix("Access:").unwrap_or(&text);
    let (headline, rest) = text.split_once('\n').unwrap_or((text, ""));
    format!("**Access**:{}\n\n{}\n", markdown(headline), fenced("diff", &for_diff(rest)))
}
