//! Dates that are past, or come soon; today is 2026-11-21.

use super::{keep, trip};

#[test]
fn date_past() {
    let rule = "date-past";
    trip(
        rule,
        &[
            "i allow s3:GetObject | DateLessThan: {aws:CurrentTime: \"2026-11-20T00:00:00Z\"}",
            "i deny * | DateLessThan: {aws:CurrentTime: \"2026-01-01T00:00:00Z\"}",
            "i deny * | DateGreaterThan: {aws:CurrentTime: \"2026-01-01T00:00:00Z\"}",
            "i allow s3:GetObject | DateLessThanEquals: {aws:currenttime: \"2025-12-31\"}",
            "i allow s3:GetObject | NumericLessThan: {aws:EpochTime: 1700000000}",
            "i allow s3:GetObject | DateGreaterThan: {aws:CurrentTime: \"2026-01-01T00:00:00Z\"}, DateLessThan: {aws:CurrentTime: \"2026-07-01T00:00:00Z\"}",
            "i allow s3:GetObject | DateLessThan: {aws:CurrentTime: \"2026-11-21T00:30:00+01:00\"}",
            "i allow s3:GetObject | DateLessThanIfExists: {aws:CurrentTime: [\"2020-01-01T00:00:00Z\", \"2021-01-01T00:00:00Z\"]}",
        ],
    );
    keep(
        rule,
        &[
            "i allow s3:GetObject | DateLessThan: {aws:CurrentTime: \"2027-11-20T00:00:00Z\"}",
            "i allow s3:GetObject | DateGreaterThan: {aws:CurrentTime: \"2026-01-01T00:00:00Z\"}",
            "i allow s3:GetObject | DateGreaterThan: {aws:CurrentTime: \"2026-01-01T00:00:00Z\"}, DateLessThan: {aws:CurrentTime: \"2027-07-01T00:00:00Z\"}",
            "i deny * | DateLessThan: {aws:TokenIssueTime: \"2024-01-01T00:00:00Z\"}",
            "i deny * | DateGreaterThan: {aws:CurrentTime: \"2027-01-01T00:00:00Z\"}",
            "i deny * | DateGreaterThan: {aws:CurrentTime: \"2026-11-01T00:00:00Z\"}, DateLessThan: {aws:CurrentTime: \"2027-01-10T00:00:00Z\"}",
            "i allow s3:GetObject | DateLessThan: {aws:CurrentTime: [\"2020-01-01T00:00:00Z\", \"2027-01-01T00:00:00Z\"]}",
            "i allow s3:GetObject | DateLessThan: {aws:CurrentTime: \"2026-11-21T18:00:00Z\"}",
        ],
    );
}

#[test]
fn date_soon() {
    let rule = "date-soon";
    trip(
        rule,
        &[
            "i allow s3:GetObject | DateLessThan: {aws:CurrentTime: \"2026-12-01T00:00:00Z\"}",
            "i allow s3:GetObject | DateLessThan: {aws:CurrentTime: \"2026-11-21T18:00:00Z\"}",
            "i deny * | DateGreaterThan: {aws:CurrentTime: \"2026-12-20T00:00:00Z\"}",
            "i allow s3:GetObject | DateLessThanEquals: {AWS:currenttime: \"2026-12-21\"}",
            "i allow s3:GetObject | NumericLessThan: {aws:EpochTime: 1796083200}",
            "i allow s3:GetObject | DateGreaterThan: {aws:CurrentTime: \"2026-01-01T00:00:00Z\"}, DateLessThan: {aws:CurrentTime: \"2026-12-01T00:00:00Z\"}",
        ],
    );
    keep(
        rule,
        &[
            "i allow s3:GetObject | DateLessThan: {aws:CurrentTime: \"2026-12-22T00:00:00Z\"}",
            "i allow s3:GetObject | DateLessThan: {aws:CurrentTime: \"2026-11-01T00:00:00Z\"}",
            "i allow s3:GetObject | DateGreaterThan: {aws:CurrentTime: \"2026-12-01T00:00:00Z\"}",
            "i deny * | DateLessThan: {aws:CurrentTime: \"2026-12-01T00:00:00Z\"}",
            "i deny * | DateLessThan: {aws:TokenIssueTime: \"2026-12-01T00:00:00Z\"}",
            "i deny * | DateLessThan: {aws:CurrentTime: \"2026-11-23T07:00:00Z\"} && deny * | DateGreaterThan: {aws:CurrentTime: \"2026-11-23T19:00:00Z\"}",
        ],
    );
}
